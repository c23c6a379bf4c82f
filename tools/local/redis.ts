import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { converse } from './converse.ts';
import { isPortFree } from './ports.ts';
import { RepairError, repairAppendOnlyFile } from './repair-append-only-file.ts';
import type { Part } from './supervise.ts';

/** How to run a Redis: a program of this machine, or an image. */
export type RedisRunner = { readonly program: string } | { readonly image: string; readonly docker: string };

type RedisSettings = {
  readonly runner: RedisRunner;
  /** Where its data and its configuration are kept. */
  readonly folder: string;
  readonly port: number;
  readonly password: string;
  /** The memory for its data, as Redis's `maxmemory` takes it; without it the default. */
  readonly maxMemory?: string | undefined;
  /** Hears what is done to the data; without it standard output does. */
  readonly say?: (line: string) => void;
};

// Much more than QUEUE_MAX_BATCHES single counts take.
const defaultMaxMemory = '512mb';

/** A private Redis on loopback, with its data on disk before it acknowledges anything (AOF, fsync always). */
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
  const configuration = [
    `port ${isProgram ? port : 6379}`,
    `bind ${isProgram ? '127.0.0.1' : '0.0.0.0'}`,
    // Not on the command line: every user of the machine can read that.
    `requirepass ${password}`,
    `dir ${JSON.stringify(isProgram ? folder : '/data')}`,
    'appendonly yes',
    // With `everysec` it acknowledges what it has not even written while an fsync is under way, and a crash loses that.
    'appendfsync always',
    'save ""',
    // A client must not be able to fill the memory of the machine.
    `maxmemory ${maxMemory}`,
    // A queue must never drop what it holds to make room.
    'maxmemory-policy noeviction',
  ].join('\n');
  writeFileSync(join(folder, 'redis.conf'), `${configuration}\n`, { mode: 0o600 });
  const launch = isProgram
    ? { command: runner.program, args: [join(folder, 'redis.conf')] }
    : {
        command: runner.docker,
        args: [
          ...['run', '--rm', '--publish', `127.0.0.1:${port}:6379`, '--volume', `${folder}:/data`],
          ...userArgs(),
          ...[runner.image, 'valkey-server', '/data/redis.conf'],
        ],
      };
  const prepare = () => repair(folder, port, say);
  return { name: 'redis', prepare, ...launch, checkReady: () => checkRedis(port, password) };
};

const print = (line: string) => process.stdout.write(`${line}\n`);

const repair = async (folder: string, port: number, say: (line: string) => void): Promise<void> => {
  // A container outlives the command that started it: it may be writing still.
  if (!(await isPortFree(port))) {
    say(`The file of Redis in ${folder} was not looked at: something listens on port ${port}`);
    return;
  }
  try {
    const { file, cutBytes } = (await repairAppendOnlyFile(folder)) ?? { file: '', cutBytes: 0 };
    if (cutBytes > 0) {
      say(`Redis was ended while it wrote; cut what it had not finished, ${cutBytes} bytes, from the end of ${file}`);
    }
  } catch (error) {
    if (!(error instanceof RepairError)) throw error;
    say(`The file of Redis in ${folder} was not repaired: ${error.message}`);
  }
};

/** Containers run as who started them, so that their files can be removed again. */
export const userArgs = (): string[] =>
  process.getuid === undefined ? [] : ['--user', `${process.getuid()}:${process.getgid?.()}`];

/** Throws until Redis has loaded its data. */
const checkRedis = async (port: number, password: string): Promise<void> => {
  const reply = await converse(port, `AUTH ${password}\r\nPING\r\n`);
  if (!reply.includes('+PONG')) throw new Error('Redis does not take commands yet');
};
