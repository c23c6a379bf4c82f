import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { escapePattern } from './escape-pattern.ts';
import type { NamedTest } from './mutation.ts';

/**
 * What became of one test: `not run`, it is not there, is skipped, or its file could not be loaded; `timed out`, it did not end in the
 * time that tests have.
 */
export type TestOutcome = 'passed' | 'failed' | 'timed out' | 'not run';

/** How one test of a program ended. */
export type TestRun = {
  readonly outcome: TestOutcome;
  readonly seconds: number;
  /** All that it wrote. */
  readonly output: string;
};

export type RunSettings = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Kills what is under way. */
  readonly stopping: AbortSignal;
};

// More than tests/run.ts gives one test: it cannot end one that blocks its thread.
const endsWithinMs = 360_000;
// For what the test cleans up when it is decided; a program that is broken may keep it from ending.
const cleansUpWithinMs = 20_000;

/** Runs one test of the program in the folder `program` alone, and kills whatever it leaves. */
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
      // With the first this would be part of the run of tests that it is started from.
      env: { ...environment, NODE_TEST_CONTEXT: undefined, FORCE_COLOR: undefined, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, with all that the test starts.
      detached: true,
    },
  );

const killAll = (group: number | undefined): void => {
  if (group === undefined) return;
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    // Nobody is left.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
};

/** Reads the line of the test (https://testanything.org/tap-version-14-specification.html). Where it is missing there may be one of its file. */
const readOutcome = (output: string, title: string): TestOutcome => {
  for (const [, not, name = ''] of output.matchAll(/^(not )?ok \d+ - (.*)\n/gm)) {
    if (name.replaceAll(/\\([\\#])/g, '$1') !== title) continue;
    if (not === undefined) return 'passed';
    return /^ {2}failureType: 'testTimeoutFailure'$/m.test(output) ? 'timed out' : 'failed';
  }
  return 'not run';
};
