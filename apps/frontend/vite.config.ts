import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  // Relative, because the files are next to the page under any path.
  base: './',
  plugins: [react()],
  build: {
    target: 'es2022',
    // The page's Content-Security-Policy allows no inlined assets.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
