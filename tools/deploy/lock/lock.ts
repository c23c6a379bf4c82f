import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { DeleteParameterCommand, GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import type { Account } from '../aws/account.ts';
import { CommandError, nameOf } from '../cli/explain.ts';

const holder = z.object({
  id: z.string(),
  /** The ARN of the identity at AWS. */
  arn: z.string(),
  host: z.string(),
  pid: z.int(),
  command: z.string(),
  since: z.iso.datetime(),
});

/** The holder of an environment's lock. */
export type Holder = z.output<typeof holder>;

/** A lock without a readable holder: another program, or a person, wrote it. */
type Unreadable = { readonly id: undefined; readonly value: string };

export type Lock = {
  /** Throws a {@link CommandError} if someone else has taken it. */
  readonly check: () => Promise<void>;
  readonly release: () => Promise<void>;
};

type Options = {
  readonly environment: string;
  readonly arn: string;
  readonly command: string;
  /** True if the lock of another holder is broken. */
  readonly isBreaking: boolean;
  readonly say: (line: string) => void;
  /** Asks if the lock of another holder may be broken. Undefined if there is nobody to ask. */
  readonly ask?: ((question: string) => Promise<boolean>) | undefined;
};

/**
 * Returns the parameter of Systems Manager that is the lock. It exists while a command works on the
 * environment.
 */
export const lockNameOf = (environment: string): string => `/sluice/${environment}/deployment-lock`;

const toHolder = (value: string): Holder | Unreadable => {
  try {
    return holder.parse(JSON.parse(value));
  } catch {
    return { id: undefined, value };
  }
};

const read = async ({ ssm }: Account, name: string): Promise<Holder | Unreadable | undefined> => {
  try {
    const { Parameter: { Value: value = '' } = {} } = await ssm.send(new GetParameterCommand({ Name: name }));
    return toHolder(value);
  } catch (error) {
    if (nameOf(error) === 'ParameterNotFound') return undefined;
    throw error;
  }
};

const remove = async ({ ssm }: Account, name: string): Promise<void> => {
  try {
    await ssm.send(new DeleteParameterCommand({ Name: name }));
  } catch (error) {
    // It is gone already, which is the goal.
    if (nameOf(error) !== 'ParameterNotFound') throw error;
  }
};

/**
 * Returns true if the holder was a process of this machine that has ended.
 * @internal
 */
export const isDead = ({ host, pid }: Holder, isRunning: (pid: number) => boolean): boolean =>
  host === hostname() && !isRunning(pid);

const isRunningHere = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return nameOf(error) === 'EPERM';
  }
};

/**
 * Formats the holder of a lock, and the time since it has held the lock, in one sentence.
 * @internal
 */
export const formatHolder = (environment: string, found: Holder | Unreadable, nowMs: number): string => {
  if (found.id === undefined) return `The lock of ${environment} names no holder: ${found.value}`;
  const { arn, host, pid, command, since } = found;
  const minutes = Math.max(Math.round((nowMs - Date.parse(since)) / 60_000), 0);
  return `${arn} holds the lock of ${environment} (${command} on ${host}, process ${pid}) since ${since}, ${minutes} min ago`;
};

/**
 * Takes the lock of an environment, for one command at a time. Breaks a lock whose process ran on
 * this machine and has ended. Any other lock is broken only with `isBreaking`, or if the user
 * agrees. Throws a {@link CommandError} that names the holder.
 */
export const takeLock = async (account: Account, options: Options): Promise<Lock> => {
  const { environment, arn, command, say } = options;
  const name = lockNameOf(environment);
  const own: Holder = {
    id: randomUUID(),
    arn,
    host: hostname(),
    pid: process.pid,
    command,
    since: new Date().toISOString(),
  };
  const taken = (other: Holder | Unreadable): CommandError => {
    const fix = `wait until it ends; if it was killed, take its lock: npm run ${command} -- ${environment} --break-lock`;
    return new CommandError([
      { what: formatHolder(environment, other, Date.now()), where: `${name} in ${account.region}`, fix },
    ]);
  };
  // Only one of several concurrent writes succeeds.
  const write = async (): Promise<boolean> => {
    try {
      await account.ssm.send(
        new PutParameterCommand({ Name: name, Value: JSON.stringify(own), Type: 'String', Overwrite: false }),
      );
      return true;
    } catch (error) {
      if (nameOf(error) !== 'ParameterAlreadyExists') throw error;
      return false;
    }
  };
  if (!(await write())) {
    const other = await read(account, name);
    // Its own lock: the answer to an earlier attempt was lost, and the SDK retried.
    const isOwn = other?.id === own.id;
    if (other !== undefined && !isOwn) {
      const isLeft = other.id !== undefined && isDead(other, isRunningHere);
      const sentence = formatHolder(environment, other, Date.now());
      const isAllowed =
        isLeft || options.isBreaking || (await options.ask?.(`${sentence}. Was it killed? Take its lock`)) === true;
      if (!isAllowed) throw taken(other);
      say(`${isLeft ? 'Taking the lock of an ended process' : 'Taking the lock'}. ${sentence}`);
      await remove(account, name);
    }
    if (!isOwn && !(await write())) throw taken((await read(account, name)) ?? own);
  }
  return {
    check: async () => {
      const now = await read(account, name);
      if (now?.id === own.id) return;
      if (now !== undefined) throw taken(now);
      const what = `The lock of ${environment} was deleted during this command`;
      throw new CommandError([
        {
          what,
          where: name,
          fix: `make sure that no other command is running, then npm run ${command} -- ${environment}`,
        },
      ]);
    },
    release: async () => {
      if ((await read(account, name))?.id === own.id) await remove(account, name);
    },
  };
};
