import { confirm, input } from '@inquirer/prompts';
import type { Work } from './command.ts';
import { CommandError } from './explain.ts';
import type { Target } from './questions.ts';

/** Returns a function that asks a yes/no question. Undefined if there is nobody to ask. */
export const askerOf = (
  { isAsking }: Pick<Target, 'isAsking'>,
  { signal }: Pick<Work, 'signal'>,
): ((question: string) => Promise<boolean>) | undefined =>
  isAsking ? (message) => confirm({ message, default: false }, { signal }) : undefined;

/**
 * Confirms a destructive action. On a terminal, the user types the environment's name. Elsewhere,
 * `--allow-destructive` confirms it. Otherwise it throws a {@link CommandError}, before anything
 * has been done.
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
    const fix = 'check the changes above, then confirm them with --allow-destructive';
    throw new CommandError([{ what: 'Destroying or replacing resources needs a confirmation', where, fix }]);
  }
  const typed = await input({ message: `Type ${name} to confirm` }, { signal });
  if (typed.trim() !== name) {
    throw new CommandError([
      {
        what: `Nothing was changed: the typed name is not ${name}`,
        where,
        fix: `run the same command again, and type ${name}`,
      },
    ]);
  }
};
