type Allowance = { readonly what: string; readonly path: string; readonly source: string };

const importOf = (specifier: string): string =>
  `import type { Part } from '${specifier}';\n\nexport type Whole = { readonly part: Part };\n`;

const functionOf = (lines: number): string =>
  `export const fill = (counts: number[]): void => {\n${'counts.push(1);\n'.repeat(lines - 2)}};`;

/** What looks like a violation and is none, for what it does or where it is. */
export const allowances: readonly Allowance[] = [
  ...['contract', 'ledger', 'queue', 'runtime'].map((name) => ({
    what: `an application's test that imports ${name}`,
    path: `apps/producer/${name}.test.ts`,
    source: importOf(`@sluice/${name}/part.ts`),
  })),
  {
    what: 'an application that imports its own file from below',
    path: 'apps/producer/routes/up.ts',
    source: importOf('../answer.ts'),
  },
  {
    what: 'a part of infra that imports its own file from below',
    path: 'infra/network/up.ts',
    source: importOf('../part.ts'),
  },
  ...['@sluice/producer/config.ts', '@sluice/contract/count.ts'].map((specifier, index) => ({
    what: `the maker of the README's tables that imports ${specifier}`,
    path: `tools/readme/tables-${index}.ts`,
    source: importOf(specifier),
  })),
  {
    what: 'npm start, that imports runtime',
    path: 'tools/local/runtime.ts',
    source: importOf('@sluice/runtime/part.ts'),
  },
  {
    what: 'what deploys, that imports infra',
    path: 'tools/deploy/infra.ts',
    source: importOf('@sluice/infra/environment.ts'),
  },
  {
    what: 'what deploys, that does one thing after another',
    path: 'tools/deploy/one-after-another.ts',
    source: `
      export const sayAll = async (lines: readonly string[], say: (line: string) => Promise<void>): Promise<void> => {
        for (const line of lines) await say(line);
      };
    `,
  },
  {
    what: 'runtime that imports contract',
    path: 'packages/runtime/contract.ts',
    source: importOf('@sluice/contract/count.ts'),
  },
  {
    what: "a package's test that imports contract",
    path: 'packages/queue/contract.test.ts',
    source: importOf('@sluice/contract/count.ts'),
  },
  {
    what: "a package's test that reads the environment",
    path: 'packages/queue/environment.test.ts',
    source: "export const path = process.env['PATH'];",
  },
  {
    what: 'a benchmark that reads the environment and writes to the console',
    path: 'bench/report.ts',
    source: "console.log(process.env['PATH']);",
  },
  {
    what: 'a list whose parts are grouped',
    path: 'packages/runtime/command.ts',
    source: "export const command = ['docker', ...['run', '--rm']];",
  },
  {
    what: 'a loop that ends when another function says so',
    path: 'packages/runtime/until.ts',
    source: `
      export const repeat = (step: () => Promise<void>) => {
        let isStopping = false;
        const run = async (): Promise<void> => {
          // oxlint-disable-next-line no-await-in-loop -- step by step
          while (!isStopping) await step();
        };
        const stop = (): void => { isStopping = true; };
        return { run, stop };
      };
    `,
  },
  {
    what: 'a message to a worker thread',
    path: 'packages/runtime/worker.ts',
    source: `
      import type { Worker } from 'node:worker_threads';

      export const say = (worker: Worker): void => worker.postMessage('hello');
    `,
  },
  {
    what: 'the field that CloudWatch reads',
    path: 'packages/runtime/field.ts',
    source: 'export const fieldOf = (line: { _aws: string }): string => line._aws;',
  },
  {
    what: "a test's helper that calls its context by the name of the function",
    path: 'packages/runtime/context.test.ts',
    source: `
      import { test, type TestContext } from 'node:test';

      const setUp = (test: TestContext): string => test.name;
      test('a name', (t) => setUp(t));
    `,
  },
  {
    what: 'untyped data in JavaScript',
    path: 'tools/untyped.mjs',
    source: `
      const count = JSON.parse('1');
      export const parse = (text) => JSON.parse(text);
      export const size = Math.abs(JSON.parse('1') + count);
    `,
  },
  {
    what: 'a file of 300 lines with a function of 80',
    path: 'packages/runtime/lines.ts',
    source: `${'// A line.\n'.repeat(220)}${functionOf(80)}`,
  },
  {
    what: 'a test of many lines',
    path: 'packages/runtime/long.test.ts',
    source: functionOf(301),
  },
  {
    what: 'a helper of tests of many lines',
    path: 'tests/servers/long.ts',
    source: functionOf(301),
  },
  {
    what: 'untyped data in a test',
    path: 'packages/runtime/untyped.test.ts',
    source: `
      const parse = (text: string): number => JSON.parse(text);
      const value: number = JSON.parse('1');
      const one: 1 = value as 1;
      JSON.parse('1')(Math.abs(JSON.parse('1').length), one, parse('1'));
    `,
  },
  {
    what: 'a function in a function of a test',
    path: 'packages/runtime/nested.test.ts',
    source: `
      export const setUp = (count: number) => {
        const next = (value: number): number => value + 1;
        return { next, count };
      };
    `,
  },
  {
    what: 'a switch with a case for all others',
    path: 'packages/runtime/otherwise.ts',
    source: `
      export const toStatus = (outcome: 'taken' | 'full' | 'away'): number => {
        switch (outcome) { case 'taken': return 201; default: return 503; }
      };
    `,
  },
  {
    what: 'an exhaustive switch that ends a function',
    path: 'packages/runtime/exhaustive.ts',
    source: `
      export const toStatus = async (outcome: () => Promise<'taken' | 'full'>): Promise<number> => {
        switch (await outcome()) { case 'taken': return 201; case 'full': return 503; }
      };
    `,
  },
];
