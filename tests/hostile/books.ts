import { print } from './print.ts';

/** What the ledger must hold in the end, kept from what was sent and answered. */
export type Books = ReturnType<typeof openBooks>;

const most = 5;

/** Opens empty books. Counts may be repeated, so they are compared with how often they must be there. */
export const openBooks = () => {
  const acknowledged = new Map<number, number>();
  const uncertain = new Map<number, number>();
  /** What was last sent that names a count, to show it when the count is where it should not be. */
  const senders = new Map<number, string>();
  const keys = new Map<string, Set<string>>();
  const acknowledgedKeys = new Map<string, string>();

  return {
    /** Notes what is about to be sent. A count that is in it may be recorded only if it is noted as acknowledged or uncertain too. */
    sending: (bytes: string, counts: readonly number[], key?: string) => {
      for (const count of counts) senders.set(count, bytes);
      if (key !== undefined) keys.set(key, (keys.get(key) ?? new Set()).add(counts.join()));
    },
    /** Notes a 201. Answers with what is wrong about it, or nothing. */
    acknowledge: (counts: readonly number[], key?: string): string | undefined => {
      if (key === undefined) return add(acknowledged, counts);
      const known = acknowledgedKeys.get(key);
      if (known === undefined) {
        acknowledgedKeys.set(key, counts.join());
        return add(acknowledged, counts);
      }
      return known === counts.join() ? undefined : `the key ${print(key)} was acknowledged with other counts before`;
    },
    /** Whether other counts were sent with this key, so that a 422 is true. */
    isReused: (key: string, counts: readonly number[]): boolean =>
      [...(keys.get(key) ?? [])].some((known) => known !== counts.join()),
    /** Notes counts that had no answer, or a 503: each may be recorded once more. */
    doubt: (counts: readonly number[]) => add(uncertain, counts),
    /** How many counts were acknowledged. */
    total: (): number => [...acknowledged.values()].reduce((sum, times) => sum + times, 0),
    /** Whether all that was acknowledged is among what was recorded: each count, and how often. */
    isComplete: (recorded: ReadonlyMap<number, number>): boolean =>
      [...acknowledged].every(([count, times]) => (recorded.get(count) ?? 0) >= times),
    /** Each count that is recorded too seldom or too often, and what was sent of it. */
    findImbalance: (recorded: ReadonlyMap<number, number>): string[] => {
      const counts = new Set([...recorded.keys(), ...acknowledged.keys()]);
      const wrong = [...counts].flatMap((count) => {
        const least = acknowledged.get(count) ?? 0;
        const greatest = least + (uncertain.get(count) ?? 0);
        const times = recorded.get(count) ?? 0;
        if (times >= least && times <= greatest) return [];
        return [
          `${count} is recorded ${times} times, acknowledged ${least} times; sent in:\n${print(senders.get(count) ?? 'nothing')}`,
        ];
      });
      return wrong.length > most ? [...wrong.slice(0, most), `… and ${wrong.length - most} more`] : wrong;
    },
  };
};

const add = (book: Map<number, number>, counts: readonly number[]): undefined => {
  for (const count of counts) book.set(count, (book.get(count) ?? 0) + 1);
  return undefined;
};
