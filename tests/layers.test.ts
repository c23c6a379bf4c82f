import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from '@sluice/local/folder.ts';

type Layer = {
  readonly folder: string;
  /** The workspaces, or files of them, that the folder may import. */
  readonly mayImport: readonly string[];
};

const packagesOfApps = [
  '@sluice/async',
  '@sluice/table',
  '@sluice/contract',
  '@sluice/queue',
  '@sluice/ledger',
  '@sluice/runtime',
];

// The first that a file is in holds for it.
const layers: readonly Layer[] = [
  { folder: 'packages/table', mayImport: [] },
  { folder: 'packages/contract', mayImport: ['@sluice/table'] },
  { folder: 'packages/async', mayImport: [] },
  { folder: 'packages/queue', mayImport: ['@sluice/async', '@sluice/contract'] },
  { folder: 'packages/ledger', mayImport: ['@sluice/async', '@sluice/contract', '@sluice/table'] },
  {
    folder: 'packages/runtime',
    // Types only.
    mayImport: [
      '@sluice/async',
      '@sluice/contract',
      '@sluice/table',
      '@sluice/tables',
      '@sluice/ledger/connection/login.ts',
      '@sluice/ledger/connection/server.ts',
      '@sluice/queue/admin/queue-state.ts',
      '@sluice/queue/redis/connect.ts',
    ],
  },
  { folder: 'apps/frontend', mayImport: ['@sluice/contract'] },
  { folder: 'apps', mayImport: packagesOfApps },
  { folder: 'tools/local', mayImport: ['@sluice/async', '@sluice/runtime'] },
  {
    folder: 'tools/docs',
    mayImport: [
      '@sluice/contract',
      '@sluice/producer/config.ts',
      '@sluice/consumer/config.ts',
      '@sluice/database-setup/config.ts',
    ],
  },
  { folder: 'tools/deploy', mayImport: ['@sluice/infra', '@sluice/runtime/logging/escape-controls.ts'] },
  {
    folder: 'tools/tables',
    mayImport: ['@sluice/ledger/read-migrations.ts', '@sluice/runtime/config/tables.ts', '@sluice/table'],
  },
  { folder: 'tools', mayImport: [] },
  { folder: 'infra', mayImport: [] },
];

// The tests of these may start servers.
const testedOnServers = ['apps/', 'packages/'];

/** The packages that only one workspace imports, by how they begin. */
const drivers = [
  { name: '@redis/client', folder: 'packages/queue' },
  { name: 'mysql2', folder: 'packages/ledger' },
] as const;

const isPartOf = (specifier: string, name: string) => specifier === name || specifier.startsWith(`${name}/`);

/** The imports of a file that its layer does not allow. */
const forbiddenImports = (file: string, source: string): string[] => {
  const layer = layers.find(({ folder }) => file.startsWith(`${folder}/`));
  if (layer === undefined) return [];
  const isTest = /\.(?:test|check)\.ts$/.test(file);
  const allowed = [
    ...layer.mayImport,
    ...(isTest && testedOnServers.some((folder) => file.startsWith(folder)) ? ['@sluice/test-servers'] : []),
  ];
  const specifiers = [...source.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)].map(([, name]) => name ?? '');
  return specifiers.filter((specifier) => {
    if (specifier.startsWith('@sluice/')) return !allowed.some((name) => isPartOf(specifier, name));
    if (/(?:\.\.\/.*){2}/.test(specifier)) return true;
    if (/(?:^|\/)main\.ts$/.test(specifier)) return true;
    return !isTest && drivers.some(({ name, folder }) => isPartOf(specifier, name) && layer.folder !== folder);
  });
};

test('each workspace imports only what its layer may', () => {
  const files = globSync('{apps,infra,packages,tools}/**/*.{ts,tsx,mjs}', {
    cwd: repository,
    exclude: (name) => name === 'node_modules' || name === 'dist',
  });
  assert.ok(files.length > 300);
  const violations = files.flatMap((file) =>
    forbiddenImports(file, readFileSync(join(repository, file), 'utf8')).map((name) => `${file} imports ${name}`),
  );
  assert.deepEqual(violations, []);
});

for (const [file, source] of [
  ['packages/contract/count.ts', `import { x } from '@sluice/runtime/x.ts';`],
  ['packages/async/x.ts', `import { x } from '@sluice/contract/count.ts';`],
  ['packages/queue/append/x.ts', `import { x } from '@sluice/ledger/record.ts';`],
  ['packages/ledger/x.ts', `export { x } from '@redis/client';`],
  ['apps/producer/x.ts', `import mysql from "mysql2/promise";`],
  ['apps/producer/x.ts', `import { x } from '@sluice/test-servers/x.ts';`],
  ['apps/frontend/x.tsx', `const x = await import('@sluice/queue/x.ts');`],
  ['apps/consumer/a/b/x.ts', `import { x } from '../../x.ts';`],
  ['tools/local/x.ts', `import '../deploy/main.ts';`],
  ['tools/docs/x.ts', `import { x } from '@sluice/producer/server.ts';`],
  ['tools/deploy/x.ts', `import { x } from '@sluice/runtime/x.ts';`],
  ['infra/x.ts', `import { x } from '@sluice/contract/count.ts';`],
] as const) {
  test(`${file} may not: ${source}`, () => assert.equal(forbiddenImports(file, source).length, 1));
}

for (const [file, source] of [
  ['apps/producer/x.test.ts', `import { x } from '@sluice/test-servers/x.ts';`],
  ['packages/queue/redis/x.ts', `import { x } from '@redis/client';`],
  ['tools/docs/main.ts', `import { x } from '@sluice/producer/config.ts';`],
  ['tests/faults/x.test.ts', `import { x } from '../../apps/x.ts';`],
] as const) {
  test(`${file} may: ${source}`, () => assert.deepEqual(forbiddenImports(file, source), []));
}
