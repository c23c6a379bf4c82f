import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { escapePattern } from './escape-pattern.ts';
import type { NamedTest } from './mutation.ts';

/**
 * The outcome of one test. `not run`: it does not exist, is skipped, or its file failed to load.
 * `timed out`: it exceeded the time limit.
 */
export type TestOutcome = 'passed' | 'failed' | 'timed out' | 'not run';

/** The result of one test of a program. */
export type TestRun = {
  readonly outcome: TestOutcome;
  readonly seconds: number;
  /** The output of the test. */
  readonly output: string;
};

export type RunSettings = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Kills the running test when it aborts. */
  readonly stopping: AbortSignal;
};

// Longer than the limit of tests/run.ts, which cannot end a test that blocks its thread.
const endsWithinMs = 360_000;
// The time for cleanups after the test is decided. A broken program may prevent the exit.
const cleansUpWithinMs = 20_000;

/**
 * Runs only this test of the program in the folder `program`, and kills all processes that it
 * leaves.
 */
export const runTest = async (
  program: string,
  test: NamedTest,
  { environment, stopping }: RunSettings,
): Promise<TestRun> => {
  stopping.throwIfAborted();
  const startedAt = performance.now();
  const child = start(program, test, environment);
  const killGroup = () => killAll(child.pid);
  let isLate = false;
  let timer = setTimeout(() => {
    isLate = true;
    killGroup();
  }, endsWithinMs);
  let output = '';
  let isDecided = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (isDecided || readOutcome(output, test.title) === 'not run') return;
      isDecided = true;
      clearTimeout(timer);
      timer = setTimeout(killGroup, cleansUpWithinMs);
    });
  }
  stopping.addEventListener('abort', killGroup);
  try {
    const closed = once(child, 'close');
    await once(child, 'exit');
    killGroup();
    await closed;
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener('abort', killGroup);
  }
  stopping.throwIfAborted();
  const outcome = isLate ? 'timed out' : readOutcome(output, test.title);
  return { outcome, seconds: (performance.now() - startedAt) / 1000, output };
};

const start = (program: string, { path, title }: NamedTest, environment: RunSettings['environment']) =>
  spawn(
    process.execPath,
    ['tests/run.ts', '--test-reporter=tap', `--test-name-pattern=^${escapePattern(title)}$`, path],
    {
      cwd: program,
      // With NODE_TEST_CONTEXT this process would be part of the test run that started it.
      env: { ...environment, NODE_TEST_CONTEXT: undefined, FORCE_COLOR: undefined, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group with everything that the test starts.
      detached: true,
    },
  );

const killAll = (group: number | undefined): void => {
  if (group === undefined) return;
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    // No process of the group is left.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};

/**
 * Reads the result line of a test (https://testanything.org/tap-version-14-specification.html). If
 * it is missing, there may be one for its file.
 */
const readOutcome = (output: string, title: string): TestOutcome => {
  for (const [, not, name = ''] of output.matchAll(/^(not )?ok \d+ - (.*)\n/gm)) {
    if (name.replaceAll(/\\([\\#])/g, '$1') !== title) continue;
    if (not === undefined) return 'passed';
    return /^ {2}failureType: 'testTimeoutFailure'$/m.test(output) ? 'timed out' : 'failed';
  }
  return 'not run';
};
