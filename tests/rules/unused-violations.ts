/** An application, by path, in which much is not used, or is used and not listed. `@internal` is what tests alone may use. */
export const wasteful: Readonly<Record<string, string>> = {
  'apps/wasteful/package.json': JSON.stringify({
    name: '@sluice/wasteful',
    type: 'module',
    dependencies: { pino: '10.4.0' },
    devDependencies: { '@sluice/local': '0.1.0', '@sluice/test-servers': '0.1.0' },
  }),
  'apps/wasteful/main.ts': `
    import { testRedis } from '@sluice/test-servers/redis.ts';
    import { createPool } from 'mysql2';
    import { fail, used } from './parts.ts';

    used(testRedis(), createPool({}), fail);
  `,
  'apps/wasteful/parts.ts': `
    export const used = (...parts: readonly unknown[]): number => parts.length;
    export const unused = 1;
    export type Unused = { readonly part: string };
    export class PartError extends Error {}
    export type Parts = readonly string[];
    export const fail = (parts: Parts): never => {
      throw new PartError(parts.join());
    };
    export const usedByTests = 1;
    /** @internal */
    export const meantForTests = 1;
  `,
  'apps/wasteful/parts.test.ts': `
    import { onlyTests } from './only-tests.ts';
    import { meantForTests, usedByTests } from './parts.ts';

    onlyTests(meantForTests, usedByTests);
  `,
  'apps/wasteful/only-tests.ts': 'export const onlyTests = (...parts: readonly unknown[]): number => parts.length;',
  'apps/wasteful/orphan.ts': 'export const orphan = 1;',
};

type Violation = { readonly what: string; readonly kind: string; readonly path: string; readonly name: string };

const everywhere: readonly Violation[] = [
  { what: 'a file that nothing imports', kind: 'files', path: 'orphan.ts', name: 'apps/wasteful/orphan.ts' },
  { what: 'an export that nothing imports', kind: 'exports', path: 'parts.ts', name: 'unused' },
  { what: 'a type that nothing imports', kind: 'types', path: 'parts.ts', name: 'Unused' },
  { what: 'a dependency that nothing imports', kind: 'dependencies', path: 'package.json', name: 'pino' },
  { what: 'a dependency that is not listed', kind: 'unlisted', path: 'main.ts', name: 'mysql2' },
];

/** What is at fault in {@link wasteful}, by the check that finds it and in the words of knip. */
export const unusedViolations: Readonly<Record<'unused' | 'unused-in-production', readonly Violation[]>> = {
  unused: [
    ...everywhere,
    {
      what: 'a development dependency that nothing imports',
      kind: 'devDependencies',
      path: 'package.json',
      name: '@sluice/local',
    },
  ],
  'unused-in-production': [
    ...everywhere,
    {
      what: 'a file that only tests import',
      kind: 'files',
      path: 'only-tests.ts',
      name: 'apps/wasteful/only-tests.ts',
    },
    { what: 'an export that only tests import', kind: 'exports', path: 'parts.ts', name: 'usedByTests' },
    {
      what: 'a development dependency that production imports',
      kind: 'unlisted',
      path: 'main.ts',
      name: '@sluice/test-servers',
    },
  ],
};
