import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

// The page parses with zod's schemas but never creates a JSON Schema. That code is a twentieth of
// all that is loaded. Each export of those two modules becomes a function that throws.
const withoutJsonSchema: Plugin = {
  name: 'without-json-schema',
  apply: 'build',
  transform: {
    filter: { id: /\/zod\/v4\/core\/(?:to-json-schema|json-schema-processors)\.js$/ },
    handler: (code) => {
      const names = [...code.matchAll(/^export (?:const|function) (\w+)/gm)].map(([, name]) => `leftOut as ${name}`);
      return {
        code: `const leftOut = () => { throw new Error('The page has no JSON Schema'); };\nexport { ${names.join(', ')} };`,
        map: null,
      };
    },
  },
};

export default defineConfig({
  // Relative, because the files are next to the page under any path.
  base: './',
  plugins: [react(), withoutJsonSchema],
  build: {
    target: 'es2022',
    // The page's Content-Security-Policy allows no inlined assets.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
