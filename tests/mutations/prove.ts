import type { Fault } from './check-mutations.ts';
import { nameOf, type Mutation } from './mutation.ts';
import { applyPatch, PatchError } from './patch.ts';
import { runTest, type RunSettings, type TestRun } from './run-test.ts';
import { createTypeCheck } from './type-check.ts';

/**
 * The verdict on a mutation. `caught`: the test failed because of the mutation. `survived`: it
 * passed. `error`: nothing is proved.
 */
export type Verdict = {
  readonly mutation: Mutation;
  readonly verdict: 'caught' | 'survived' | 'error';
  /** The duration of the test. */
  readonly seconds: number;
  /** The failure of the test, or the reason why nothing is proved. */
  readonly why: string;
};

type ProveSettings = RunSettings & {
  /** The folder of the copy that the mutations change. */
  readonly program: string;
  /** Called after each run of a test. */
  readonly onProgress: (line: string) => void;
};

const lastLines = 30;

/**
 * Proves for each mutation that its test fails because of it. First each test must pass on the
 * unchanged program. Then each mutation is applied, must still pass the type check, and is reverted
 * after its test.
 */
export const proveMutations = async (mutations: readonly Mutation[], settings: ProveSettings): Promise<Verdict[]> => {
  const { program, onProgress } = settings;
  const findTypeFault = await createTypeCheck(program);
  const tests = new Map(mutations.map(({ test }) => [nameOf(test), test]));
  const unbroken = new Map<string, TestRun>();
  // oxlint-disable no-await-in-loop -- one at a time: tests share the machine and the copy
  for (const [name, test] of tests) {
    const run = await runTest(program, test, settings);
    unbroken.set(name, run);
    onProgress(`${unbroken.size}/${tests.size} unbroken: ${run.outcome}, ${run.seconds.toFixed(1)} s: ${name}`);
  }
  const verdicts: Verdict[] = [];
  for (const mutation of mutations) {
    const before = unbroken.get(nameOf(mutation.test));
    const verdict =
      before?.outcome === 'passed'
        ? await prove(mutation, settings, findTypeFault)
        : errorOf(mutation, `without the mutation its test ${describe(before)}`);
    verdicts.push(verdict);
    const why = verdict.why.split('\n')[0] ?? '';
    onProgress(
      `${verdicts.length}/${mutations.length} ${verdict.verdict}, ${verdict.seconds.toFixed(1)} s: ${mutation.name} (${why})`,
    );
  }
  // oxlint-enable no-await-in-loop
  return verdicts;
};

const prove = async (
  mutation: Mutation,
  { program, ...settings }: ProveSettings,
  findTypeFault: () => Promise<string | undefined>,
): Promise<Verdict> => {
  try {
    await applyPatch(program, mutation.file, 'forth');
  } catch (error) {
    if (error instanceof PatchError) return errorOf(mutation, error.message);
    throw error;
  }
  try {
    const fault = await findTypeFault();
    if (fault !== undefined) return errorOf(mutation, `the mutation is no program: ${fault}`);
    return judge(mutation, await runTest(program, mutation.test, settings));
  } finally {
    await applyPatch(program, mutation.file, 'back');
  }
};

const judge = (mutation: Mutation, run: TestRun): Verdict => {
  const { seconds } = run;
  switch (run.outcome) {
    case 'failed':
    case 'timed out':
      return { mutation, verdict: 'caught', seconds, why: failureOf(run) };
    case 'passed':
      return { mutation, verdict: 'survived', seconds, why: `its test ${describe(run)}` };
    case 'not run':
      return errorOf(mutation, `with the mutation its test ${describe(run)}`);
  }
};

const describe = (run: TestRun | undefined): string =>
  run === undefined
    ? 'was not run'
    : `${run.outcome === 'not run' ? 'was not run' : run.outcome}:\n${lastLinesOf(run)}`;

const failureOf = ({ output }: TestRun): string =>
  /^ {2}error: (?:\|-\s+)?(?<error>.+)$/m.exec(output)?.groups?.['error'] ?? 'it did not end';

const lastLinesOf = ({ output }: TestRun): string => output.trim().split('\n').slice(-lastLines).join('\n');

const errorOf = (mutation: Mutation, why: string): Verdict => ({ mutation, verdict: 'error', seconds: 0, why });

/** Converts a problem that was found without running anything to a verdict. */
export const verdictOf = ({ mutation, reason }: Fault): Verdict => errorOf(mutation, reason);
