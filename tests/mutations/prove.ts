import type { Fault } from './check-mutations.ts';
import { nameOf, type Mutation } from './mutation.ts';
import { applyPatch, PatchError } from './patch.ts';
import { runTest, type RunSettings, type TestRun } from './run-test.ts';
import { createTypeCheck } from './type-check.ts';

/** `caught`: the test failed by what was broken; `survived`: it passed all the same; `error`: nothing is proved, for a reason. */
export type Verdict = {
  readonly mutation: Mutation;
  readonly verdict: 'caught' | 'survived' | 'error';
  /** How long the test took. */
  readonly seconds: number;
  /** What the test failed with, or why nothing is proved. */
  readonly why: string;
};

type ProveSettings = RunSettings & {
  /** A copy of the program, to be broken. */
  readonly program: string;
  /** Hears of each run of a test as it ends. */
  readonly onProgress: (line: string) => void;
};

const lastLines = 30;

/**
 * Proves of each mutation that its test fails because of it: first each test must pass on the program as it is, then each mutation is applied in its turn, must
 * be a program still, and is taken back when its test has run.
 */
export const proveMutations = async (mutations: readonly Mutation[], settings: ProveSettings): Promise<Verdict[]> => {
  const { program, onProgress } = settings;
  const findTypeFault = await createTypeCheck(program);
  const tests = new Map(mutations.map(({ test }) => [nameOf(test), test]));
  const unbroken = new Map<string, TestRun>();
  // oxlint-disable no-await-in-loop -- one after the other: the machine is theirs, and so is the copy
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

/** A fault that was found without running anything, as a verdict. */
export const verdictOf = ({ mutation, reason }: Fault): Verdict => errorOf(mutation, reason);
