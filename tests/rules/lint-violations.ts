type Violation = {
  readonly rule: string;
  readonly what: string;
  readonly source: string;
  readonly path?: string;
  /** Where that is not the rule's name. */
  readonly reportedAs?: string;
  /** What else must be there, by path. */
  readonly others?: Readonly<Record<string, string>>;
};

const lines = (count: number, line: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => line(index)).join('\n');

/** What breaks one rule and no other. The path, where it matters not, is one in packages/runtime. */
export const lintViolations: readonly Violation[] = [
  {
    rule: 'eqeqeq',
    what: 'a comparison that converts',
    source: 'export const isOne = (value: unknown): boolean => value == 1;',
  },
  {
    rule: 'max-lines',
    what: 'a file of 301 lines',
    source: lines(301, (index) => `export const count${index} = ${index};`),
  },
  {
    rule: 'max-lines-per-function',
    what: 'a function of 81 lines',
    source: `export const add = (counts: number[]): void => {\n${lines(79, (index) => `counts.push(${index});`)}\n};`,
  },
  {
    rule: 'no-await-in-loop',
    what: 'an await in a loop that does not say why',
    source: 'export const run = async (step: () => Promise<void>) => { for (;;) await step(); };',
  },
  {
    rule: 'no-console',
    what: 'a message on the console',
    source: "export const say = (): void => console.log('started');",
  },
  {
    rule: 'no-debugger',
    what: 'a debugger statement',
    source: 'export const stop = (): void => { debugger; };',
  },
  {
    rule: 'no-empty',
    what: 'a catch that does nothing',
    source: 'export const attempt = (step: () => void): void => { try { step(); } catch {} };',
  },
  {
    rule: 'no-restricted-globals',
    what: 'the process in a file that is not main.ts',
    source: "export const path = (): string => process.env['PATH'] ?? '';",
  },
  {
    rule: 'no-restricted-properties',
    what: 'a duration by the wall clock',
    source: 'export const ageOf = (at: number): number => Date.now() - at;',
  },
  {
    rule: 'no-restricted-globals',
    what: 'the process by way of globalThis',
    source: "export const path = (): string => globalThis.process.env['PATH'] ?? '';",
  },
  {
    rule: 'no-shadow',
    what: "a test's variable that hides another",
    source: `
      export const counts = [1];

      export const sum = (counts: readonly number[]): number => counts.length;
    `,
    path: 'packages/runtime/shadow.test.ts',
  },
  {
    rule: 'no-underscore-dangle',
    what: 'a name with an underscore',
    source: 'export const nameOf = (person: { _name: string }): string => person._name;',
  },
  {
    rule: 'no-var',
    what: 'a var',
    source: 'export const next = (value: number): number => { var sum = value; sum += 1; return sum; };',
  },
  {
    rule: 'prefer-const',
    what: 'a variable that never changes',
    source: 'export const next = (value: number): number => { let sum = value + 1; return sum; };',
  },
  {
    rule: 'preserve-caught-error',
    what: 'an error without the cause that was caught',
    source: `
      export const attempt = (step: () => void): void => {
        try { step(); } catch (error) { throw new Error(\`It failed: \${String(error)}\`); }
      };
    `,
  },
  {
    rule: 'import/no-cycle',
    what: 'a file that imports itself through another',
    source: `
      import { isEven } from './is-even.ts';

      export const isOdd = (value: number): boolean => value !== 0 && isEven(value - 1);
    `,
    path: 'packages/runtime/is-odd.ts',
    others: {
      'packages/runtime/is-even.ts': `
        import { isOdd } from './is-odd.ts';

        export const isEven = (value: number): boolean => value === 0 || isOdd(value - 1);
      `,
    },
  },
  {
    rule: 'import/no-default-export',
    what: 'a default export',
    source: 'const count = 1;\nexport default count;',
  },
  {
    rule: 'import/no-nodejs-modules',
    what: 'a module of Node in the contract',
    source: "import { hostname } from 'node:os';\n\nexport const host = hostname();",
    path: 'packages/contract/builtin.ts',
  },
  {
    rule: 'import/no-relative-parent-imports',
    what: 'an import that leaves its workspace from the top',
    source: "import type { Part } from '../frontend/part.ts';\n\nexport type Whole = { readonly part: Part };",
    path: 'apps/producer/leaves.ts',
  },
  {
    rule: 'import/no-relative-parent-imports',
    what: 'a package that imports another by its path',
    source: "import type { Part } from '../ledger/part.ts';\n\nexport type Whole = { readonly part: Part };",
    path: 'packages/queue/leaves.ts',
  },
  {
    rule: 'import/no-relative-parent-imports',
    what: 'a tool that imports an application by its path',
    source: "import type { Part } from '../apps/producer/part.ts';\n\nexport type Whole = { readonly part: Part };",
    path: 'tools/leaves.ts',
  },
  {
    rule: 'no-restricted-imports',
    what: 'an import in the middle of a function that goes where it must not',
    source: "export const load = async (): Promise<unknown> => import('@sluice/ledger/record.ts');",
  },
  {
    rule: 'no-restricted-imports',
    what: 'an export of what must not be imported',
    source: "export { record } from '@sluice/ledger/record.ts';",
  },
  {
    rule: 'oxc/no-barrel-file',
    what: 'a file that passes on all of another',
    source: "export * from './service.ts';",
  },
  {
    rule: 'typescript/ban-ts-comment',
    what: 'an ignored type error',
    source: "// @ts-ignore -- it is known\nexport const count: number = 'one';",
  },
  {
    rule: 'typescript/consistent-type-imports',
    what: 'a type that is imported as a value',
    source: "import { Stats } from 'node:fs';\n\nexport type Whole = { readonly part: Stats };",
  },
  {
    rule: 'typescript/consistent-type-imports',
    what: 'a type that is imported where it is used',
    source: "export type Whole = { readonly part: import('@sluice/ledger/record.ts').Part };",
  },
  {
    rule: 'typescript/no-deprecated',
    what: 'what is deprecated',
    source: '/** @deprecated */\nconst old = (): number => 1;\n\nexport const count = old();',
  },
  {
    rule: 'typescript/no-explicit-any',
    what: 'any',
    source: 'export type Body = { readonly value: any };',
  },
  {
    rule: 'typescript/no-floating-promises',
    what: 'a promise that nobody awaits',
    source: 'export const start = (step: () => Promise<void>): void => { step(); };',
  },
  {
    rule: 'typescript/no-misused-promises',
    what: 'a promise where a boolean is wanted',
    source:
      'export const name = (isUp: () => Promise<boolean>): string => { if (isUp()) return "up"; return "down"; };',
  },
  {
    rule: 'typescript/no-non-null-assertion',
    what: 'an assertion that something is there',
    source: 'export const first = (counts: readonly number[]): number => counts[0]!;',
  },
  {
    rule: 'typescript/no-unsafe-argument',
    what: 'an argument of an unknown shape',
    source: 'export const parse = (text: string): number => Math.abs(JSON.parse(text));',
  },
  {
    rule: 'typescript/no-unsafe-assignment',
    what: 'a variable of an unknown shape',
    source:
      'export const parse = (text: string): unknown => { const count: number = JSON.parse(text); return count; };',
  },
  {
    rule: 'typescript/no-unsafe-call',
    what: 'a call of something unknown',
    source: 'export const parse = (text: string): void => { JSON.parse(text)(); };',
  },
  {
    rule: 'typescript/no-unsafe-member-access',
    what: 'a member of something unknown',
    source: 'export const hasCount = (text: string): boolean => JSON.parse(text).count === 1;',
  },
  {
    rule: 'typescript/no-unsafe-return',
    what: 'an answer of an unknown shape',
    source: 'export const parse = (text: string): number => JSON.parse(text);',
  },
  {
    rule: 'typescript/no-unsafe-type-assertion',
    what: 'data from outside that is said to have a type',
    source: 'export const toCount = (value: unknown): number => value as number;',
  },
  {
    rule: 'typescript/only-throw-error',
    what: 'a thrown string',
    source: "export const fail = (): never => { throw 'failed'; };",
  },
  {
    rule: 'typescript/prefer-promise-reject-errors',
    what: 'a promise that is rejected with a string',
    source: "export const fail = async (): Promise<never> => Promise.reject('failed');",
  },
  {
    rule: 'typescript/return-await',
    what: 'a promise that leaves a try unawaited',
    source: `
      export const attempt = async (step: () => Promise<number>): Promise<number> => {
        try { return step(); } catch { return 0; }
      };
    `,
  },
  {
    rule: 'typescript/switch-exhaustiveness-check',
    what: 'a switch that forgets a case',
    source: `
      export const toStatus = (outcome: 'taken' | 'full'): number => {
        switch (outcome) { case 'taken': return 201; }
        return 503;
      };
    `,
  },
  {
    rule: 'unicorn/filename-case',
    what: 'a file name with capitals',
    source: 'export const count = 1;',
    path: 'packages/runtime/fileName.ts',
  },
  {
    rule: 'unicorn/no-abusive-eslint-disable',
    what: 'a directive that names no rule',
    source: '// oxlint-disable\nexport const count: number = Math.abs(JSON.parse("1"));',
  },
  {
    rule: 'unicorn/prefer-node-protocol',
    what: 'a module of Node without its protocol',
    source: "import { hostname } from 'os';\n\nexport const host = hostname();",
  },
  {
    rule: 'report-unused-disable-directives',
    what: 'a directive that is not needed',
    source: '// oxlint-disable-next-line no-console -- it was needed\nexport const count = 1;',
    reportedAs: 'Unused oxlint-disable directive (no problems were reported).',
  },
];
