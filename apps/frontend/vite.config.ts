import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

// The page reads by zod's schemas and describes none; what describes them is a twentieth of all that is loaded. Each
// export of those two modules becomes a function that says so.
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
  // Whatever path the page is under, its files are beside it.
  base: './',
  plugins: [react(), withoutJsonSchema],
  build: {
    target: 'es2022',
    // No policy of the page's allows what is inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
