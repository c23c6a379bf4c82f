type Violation = { readonly flag: string; readonly what: string; readonly source: string; readonly code: string };

/** What breaks one flag of tsconfig.json and nothing else, and the error that says so. */
export const typeViolations: readonly Violation[] = [
  {
    flag: 'erasableSyntaxOnly',
    what: 'syntax that cannot be erased',
    source: 'export enum Outcome { Taken }',
    code: 'TS1294',
  },
  {
    flag: 'exactOptionalPropertyTypes',
    what: 'undefined for a property that may be missing',
    source: 'export const settings: { readonly port?: number } = { port: undefined };',
    code: 'TS2375',
  },
  {
    flag: 'noFallthroughCasesInSwitch',
    what: 'a case that falls into the next',
    source: `
      export const name = (count: number): string => {
        let text = '';
        switch (count) { case 1: text = 'one'; default: text = 'many'; }
        return text;
      };
    `,
    code: 'TS7029',
  },
  {
    flag: 'noImplicitOverride',
    what: 'an override that does not say so',
    source: "export class CountError extends Error { toString(): string { return 'no count'; } }",
    code: 'TS4114',
  },
  {
    flag: 'noImplicitReturns',
    what: 'a path without an answer',
    source: "export const name = (count: number) => { if (count === 1) return 'one'; };",
    code: 'TS7030',
  },
  {
    flag: 'noPropertyAccessFromIndexSignature',
    what: 'an unknown name that is written like a known one',
    source: 'export const read = (settings: Record<string, number>): number | undefined => settings.port;',
    code: 'TS4111',
  },
  {
    flag: 'noUncheckedIndexedAccess',
    what: 'an element that may not be there',
    source: 'export const first = (counts: readonly number[]): number => counts[0];',
    code: 'TS2322',
  },
  {
    flag: 'noUnusedLocals',
    what: 'a variable that is not used',
    source: 'const count = 1;\nexport const other = 2;',
    code: 'TS6133',
  },
  {
    flag: 'noUnusedParameters',
    what: 'a parameter that is not used',
    source: 'export const one = (count: number): number => 1;',
    code: 'TS6133',
  },
  {
    flag: 'strict',
    what: 'null where a value is wanted',
    source: 'export const count: number = null;',
    code: 'TS2322',
  },
  {
    flag: 'verbatimModuleSyntax',
    what: 'a type in an import that stays at run time',
    source: "import { BigIntStats } from 'node:fs';\n\nexport type Whole = { readonly part: BigIntStats };",
    code: 'TS1484',
  },
];
