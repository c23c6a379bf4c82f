import { mkdirSync } from 'node:fs';
import { converse } from '../converse.ts';
import { isPortFree } from './ports.ts';
import { RepairError, repairAppendOnlyFile } from './repair-append-only-file.ts';
import type { Part } from '../processes/supervise.ts';

/** The way to run a Redis: a program of this machine, or an image. */
export type RedisRunner = { readonly program: string } | { readonly image: string; readonly docker: string };

type RedisSettings = {
  readonly runner: RedisRunner;
  /** The folder of its data. */
  readonly folder: string;
  readonly port: number;
  readonly password: string;
  /**
   * The memory for its data, in the format of Redis's `maxmemory`. Without it, the default applies.
   */
  readonly maxMemory?: string | undefined;
  /** Called with changes to the data. Defaults to standard output. */
  readonly say?: (line: string) => void;
};

// Much more than QUEUE_MAX_BATCHES single counts take.
const defaultMaxMemory = '512mb';

/**
 * Returns a private Redis on loopback. Its data is on disk before it acknowledges anything (AOF,
 * fsync always).
 */
export const redisPart = ({
  runner,
  folder,
  port,
  password,
  maxMemory = defaultMaxMemory,
  say = print,
}: RedisSettings): Part => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const isProgram = 'program' in runner;
  // On standard input. Redis treats the path of a configuration file as a pattern, and runs with
  // its defaults when nothing matches. Every user of the machine can read a command line.
  const input = [
    `port ${isProgram ? port : 6379}`,
    `bind ${isProgram ? '127.0.0.1' : '0.0.0.0'}`,
    `requirepass ${password}`,
    'appendonly yes',
    // With `everysec`, Redis acknowledges data that it has not even written while an fsync is in
    // progress. A crash loses that data.
    'appendfsync always',
    'save ""',
    // A client must not be able to fill the memory of the machine.
    `maxmemory ${maxMemory}`,
    // A queue must never drop entries to free memory.
    'maxmemory-policy noeviction',
    '',
  ].join('\n');
  const launch = isProgram
    ? { command: runner.program, args: ['-'], cwd: folder }
    : {
        command: runner.docker,
        args: [
          ...['run', '--rm', '--interactive', '--publish', `127.0.0.1:${port}:6379`],
          ...['--mount', bindMount(folder, '/data'), ...userArgs()],
          ...[runner.image, 'valkey-server', '-'],
        ],
      };
  const prepare = () => repair(folder, port, say);
  return { name: 'redis', prepare, input, ...launch, checkReady: () => checkRedis(port, password) };
};

const print = (line: string) => process.stdout.write(`${line}\n`);

const repair = async (folder: string, port: number, say: (line: string) => void): Promise<void> => {
  // A container outlives the command that started it, so it may still be writing.
  if (!(await isPortFree(port))) {
    say(`Sluice did not check Redis's file in ${folder}, because a process listens on port ${port}`);
    return;
  }
  try {
    const { file, cutBytes } = (await repairAppendOnlyFile(folder)) ?? { file: '', cutBytes: 0 };
    if (cutBytes > 0) {
      say(`Redis was killed during a write. Sluice cut the unfinished ${cutBytes} bytes from the end of ${file}`);
    }
  } catch (error) {
    if (!(error instanceof RepairError)) throw error;
    say(`Sluice did not repair Redis's file in ${folder}: ${error.message}`);
  }
};

/**
 * Returns the arguments to run a container as the current user, so that its files can be removed
 * again.
 */
export const userArgs = (): string[] =>
  process.getuid === undefined ? [] : ['--user', `${process.getuid()}:${process.getgid?.()}`];

/**
 * Mounts a folder of this machine in a container. The CSV format supports any character in the
 * path, and `--volume` does not.
 */
export const bindMount = (source: string, target: string): string =>
  `type=bind,"source=${source.replaceAll('"', '""')}",target=${target}`;

/**
 * Throws until Redis has loaded its data, and for any other Redis. It must accept the password (a
 * Redis without a password returns an error), and acknowledge only data that is on disk.
 */
const checkRedis = async (port: number, password: string): Promise<void> => {
  const questions = [`AUTH ${password}`, 'CONFIG GET append*', 'PING', 'QUIT'];
  const reply = (await converse(port, questions.map((line) => `${line}\r\n`).join(''), true)).toString();
  const isDurable = /appendonly\r\n\$3\r\nyes\r\n/.test(reply) && /appendfsync\r\n\$6\r\nalways\r\n/.test(reply);
  if (!reply.startsWith('+OK') || !isDurable || !reply.includes('+PONG')) {
    throw new Error('Redis does not accept commands yet, or is not the one that was started');
  }
};
