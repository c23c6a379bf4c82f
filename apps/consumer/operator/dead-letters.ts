import { dropDeadLetters, listDeadLetters, replayDeadLetters, showDeadLetter } from '@sluice/queue/dead-letters.ts';
import type { Partition } from '@sluice/queue/partition.ts';
import { CommandError, usage, type OperatedQueue, type Terminal } from './command.ts';

type Options = { readonly all: boolean; readonly after: unknown };

const lettersPerPage = 100;

/** `dead-letters list | show | replay | drop`. Answers with the exit code. */
export const runDeadLettersCommand = async (
  { connection, partitions }: OperatedQueue,
  [action, name]: readonly string[],
  { all, after }: Options,
  { say, warn }: Terminal,
): Promise<number> => {
  const onUnreadable = ({ deadLetters }: Partition) =>
    warn(`The dead letters in ${deadLetters} cannot be read: the key is not a stream. The others are not affected.`);
  if (action === 'list') {
    const letters = await listDeadLetters(connection, partitions, {
      after: typeof after === 'string' ? after : undefined,
      limit: lettersPerPage,
      onUnreadable,
    });
    if (letters.length === 0) say('There are no dead letters.');
    const width = Math.max(...letters.map((letter) => letter.name.length));
    for (const letter of letters)
      say(`${letter.name.padEnd(width)}  ${letter.buriedAt.toISOString()}  ${letter.reason}`);
    if (letters.length === lettersPerPage)
      say(`There may be more: npm run dead-letters -- list --after '${letters.at(-1)?.name}'`);
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
    say(`buried  ${letter.buriedAt.toISOString()}`);
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
    say(`${action === 'replay' ? 'Put back into the queue' : 'Removed for good'}: ${done}`);
    if (kept > 0) warn(`Not put back: ${kept}. Their fields were too large to be kept; drop removes them.`);
    return kept > 0 ? 1 : 0;
  }
  throw new CommandError(usage);
};
