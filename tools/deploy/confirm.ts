import { confirm, input } from '@inquirer/prompts';
import type { Work } from './command.ts';
import { CommandError } from './explain.ts';
import type { Target } from './questions.ts';

/** Asks a question that is answered by yes or no; without anybody to ask it is undefined. */
export const askerOf = (
  { isAsking }: Pick<Target, 'isAsking'>,
  { signal }: Pick<Work, 'signal'>,
): ((question: string) => Promise<boolean>) | undefined =>
  isAsking ? (message) => confirm({ message, default: false }, { signal }) : undefined;

/**
 * Lets go on with what destroys something: on a terminal when the environment's name is typed, elsewhere where `--allow-destructive` says so. Throws a
 * {@link CommandError} otherwise, and nothing has been done then.
 */
export const confirmByName = async (
  { environment, isAsking, isDestructionAllowed }: Target,
  { signal }: Pick<Work, 'signal'>,
  command: string,
): Promise<void> => {
  const { name } = environment;
  const where = `${command} ${name}`;
  if (!isAsking) {
    if (isDestructionAllowed) return;
    const mend = 'read what it says above; if it is meant, add --allow-destructive';
    throw new CommandError([{ what: 'Something would be destroyed, and nobody can be asked', where, mend }]);
  }
  const typed = await input({ message: `Type ${name} to go on` }, { signal });
  if (typed.trim() !== name) {
    throw new CommandError([
      { what: 'Nothing was done: the name was not typed', where, mend: 'run it again when it is meant' },
    ]);
  }
};
