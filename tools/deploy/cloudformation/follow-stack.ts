import { paginateDescribeStackEvents } from '@aws-sdk/client-cloudformation';
import type { Account } from '../aws/account.ts';
import type { Work } from '../cli/command.ts';
import { isMissing } from './describe-stack.ts';
import { nothingWatched, formatInProgress, toEvent, watchEvents, type Event, type Watched } from './stack-events.ts';

/** Shows the actions of CloudFormation on a stack. */
export type Follower = {
  /** Shows the events since the last call. */
  readonly look: () => Promise<void>;
  readonly watched: () => Watched;
};

/**
 * Reads the events of a stack, the oldest first: all of the last 90 days, or those after the one
 * with the id `newest`. The list is empty if there is no stack.
 */
export const readEvents = async ({ cloudFormation }: Account, stack: string, newest?: string): Promise<Event[]> => {
  const events: Event[] = [];
  try {
    for await (const page of paginateDescribeStackEvents({ client: cloudFormation }, { StackName: stack })) {
      const found = (page.StackEvents ?? []).map(toEvent);
      const end = found.findIndex(({ id }) => id === newest);
      events.push(...(end === -1 ? found : found.slice(0, end)));
      if (end !== -1) break;
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  return events.toReversed();
};

/**
 * Follows a stack by its name, or by its ARN if it will be deleted. Earlier events are not shown.
 */
export const followStack = async (
  account: Account,
  stack: string,
  nameOf: (resource: string) => string,
  { progress }: Work,
): Promise<Follower> => {
  let newest = (await readEvents(account, stack)).at(-1)?.id;
  let watched = nothingWatched;
  return {
    look: async () => {
      const events = await readEvents(account, stack, newest);
      newest = events.at(-1)?.id ?? newest;
      const seen = watchEvents(watched, events, nameOf);
      watched = seen.watched;
      for (const line of seen.lines) progress.line(line);
      progress.status(`${stack}: ${formatInProgress(watched, Date.now(), nameOf)}`);
    },
    watched: () => watched,
  };
};
