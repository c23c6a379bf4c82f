import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import { resultSchema, type Command, type LoadResult } from '../load/command.ts';
import type { Owner } from './owner.ts';

/** Creates load from a separate process. */
export type Load = (command: Command) => Promise<LoadResult>;

/** Starts the load process, which ends with its owner. Reports answers with 503 to `say`. */
export const startLoad = (owner: Owner, say: (text: string) => void): Load => {
  const child = fork(join(repository, 'bench/load/main.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  owner.after(async () => {
    if (child.connected) child.disconnect();
    await ended;
  });
  return async (command) => {
    const answered = once(child, 'message');
    child.send(command);
    const answer: unknown = await Promise.race([answered, ended.then(() => [{ failure: 'The load process ended' }])]);
    const result = resultSchema.parse(Array.isArray(answer) ? answer[0] : answer);
    if ('failure' in result) throw new Error(`The load failed: ${result.failure}`);
    if (result.refused > 0) say(`${result.refused} requests were answered 503: the machine is busy with other things`);
    return result;
  };
};
