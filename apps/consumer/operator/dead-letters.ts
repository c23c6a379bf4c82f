import {
  dropDeadLetters,
  listDeadLetters,
  moveEntryToDeadLetters,
  replayDeadLetters,
  showDeadLetter,
} from '@sluice/queue/admin/dead-letters.ts';
import { isPaused, readPausedTables } from '@sluice/queue/admin/pause.ts';
import type { Partition } from '@sluice/queue/partition.ts';
import { hasReplyCode } from '@sluice/queue/redis/reply-error.ts';
import { CommandError, findTable, partitionsIn, usage, type OperatedQueue, type Terminal } from './command.ts';

type Options = { readonly all: boolean; readonly after: unknown; readonly table: string | undefined };

const lettersPerPage = 100;

/**
 * Runs `dead-letters list | show | replay | drop | move`, on counts and the rows of all tables or, with
 * `table`, on those of one. Resolves to the exit code.
 */
export const runDeadLettersCommand = async (
  queue: OperatedQueue,
  [action, name]: readonly string[],
  { all, after, table }: Options,
  terminal: Terminal,
): Promise<number> => {
  const { connection } = queue;
  const partitions = partitionsIn(queue, findTable(queue, table));
  const { say, warn } = terminal;
  const onUnreadable = ({ deadLetters }: Partition) =>
    warn(
      `The dead letters in ${deadLetters} cannot be read, because the key is not a stream. Others are not affected.`,
    );
  if (action === 'list') {
    const letters = await listDeadLetters(connection, partitions, {
      after: typeof after === 'string' ? after : undefined,
      limit: lettersPerPage,
      onUnreadable,
    });
    if (letters.length === 0) say('There are no dead letters.');
    const width = Math.max(...letters.map((letter) => letter.name.length));
    for (const letter of letters)
      say(`${letter.name.padEnd(width)}  ${letter.movedAt.toISOString()}  ${letter.reason}`);
    if (letters.length === lettersPerPage)
      say(
        `There may be more: npm run dead-letters -- list${table === undefined ? '' : ` --table ${table}`} --after '${letters.at(-1)?.name}'`,
      );
    return 0;
  }
  if (action === 'show' && name !== undefined) {
    const letter = await showDeadLetter(connection, partitions, name);
    if (letter === undefined) {
      warn(`There is no dead letter ${name}.`);
      return 1;
    }
    say(`name    ${letter.name}`);
    say(`entry   ${letter.entry}`);
    say(`moved   ${letter.movedAt.toISOString()}`);
    say(`reason  ${letter.reason}`);
    for (const [field, value] of letter.fields) say(`field   ${field} = ${value}`);
    return 0;
  }
  if ((action === 'replay' || action === 'drop') && (name !== undefined) !== all) {
    const which = name === undefined ? 'all' : { name };
    const act = action === 'replay' ? replayDeadLetters : dropDeadLetters;
    const { done, kept } = await act(connection, partitions, which, onUnreadable);
    if (done === 0 && kept === 0 && name !== undefined) {
      warn(`There is no dead letter ${name}.`);
      return 1;
    }
    say(`${action === 'replay' ? 'Put back into the queue' : 'Removed permanently'}: ${done}`);
    if (kept > 0)
      warn(
        `Not put back: ${kept}. Their fields were too large to keep. To remove them: npm run dead-letters -- drop NAME`,
      );
    return kept > 0 ? 1 : 0;
  }
  if (action === 'move' && name !== undefined) return moveNamedEntry(queue, name, terminal);
  throw new CommandError(usage);
};

/** True if the table of an entry is paused. Its stream ends with the name of the table. */
const isTablePaused = async ({ connection, name }: OperatedQueue, entry: string): Promise<boolean> => {
  const [, table] = /\}:\{(\w+)\}\//.exec(entry) ?? [];
  return table !== undefined && (await readPausedTables(connection, name)).has(table);
};

const moveNamedEntry = async (queue: OperatedQueue, name: string, { say, warn }: Terminal): Promise<number> => {
  const { connection } = queue;
  const outcome = await moveEntryToDeadLetters(
    connection,
    partitionsIn(queue),
    name,
    (await isPaused(connection, queue.name)) || (await isTablePaused(queue, name)),
  ).catch((error: unknown) => {
    if (hasReplyCode(error, 'WRONGTYPE')) return 'wrong type' as const;
    throw error;
  });
  switch (outcome) {
    case 'moved':
      say(`Moved to the dead letters: ${name}`);
      return 0;
    case 'missing':
      warn(`The queue has no entry ${name}. It was recorded, or it is already a dead letter.`);
      return 1;
    case 'in flight':
      warn(`A consumer has ${name} and may be recording it. Pause the consumers first: npm run consumers -- pause`);
      return 1;
    case 'wrong type': {
      const key = `${name.slice(0, name.indexOf('/'))}:dead`;
      warn(`${name} stays in the queue: the key ${key} is not a stream, so it cannot take dead letters.`);
      warn(`Rename it as the administrator of Redis, then run this again: RENAME '${key}' NEW-NAME`);
      return 1;
    }
  }
};
