/** The expected content of the ledger, derived from the requests and answers. */
export type LedgerModel = ReturnType<typeof createLedgerModel>;

const most = 5;
// The number of characters of a request in a report.
const longest = 2_000;

/** Creates an empty model. Counts may repeat, so it compares how often each occurs. */
export const createLedgerModel = () => {
  const acknowledged = new Map<number, number>();
  const uncertain = new Map<number, number>();
  /** The last bytes sent for each count, for the report when that count is wrong. */
  const senders = new Map<number, string>();
  const keys = new Map<string, Set<string>>();
  const acknowledgedKeys = new Map<string, string>();

  return {
    /**
     * Notes bytes before they are sent. Their counts may be recorded only if they are also noted as
     * acknowledged or uncertain.
     */
    sending: (bytes: string, counts: readonly number[], key?: string) => {
      for (const count of counts) senders.set(count, bytes);
      if (key !== undefined) keys.set(key, (keys.get(key) ?? new Set()).add(counts.join()));
    },
    /** Notes a 201. Returns the error in it, or `undefined`. */
    acknowledge: (counts: readonly number[], key?: string): string | undefined => {
      if (key === undefined) return add(acknowledged, counts);
      const known = acknowledgedKeys.get(key);
      if (known === undefined) {
        acknowledgedKeys.set(key, counts.join());
        return add(acknowledged, counts);
      }
      return known === counts.join()
        ? undefined
        : `the key ${JSON.stringify(key)} was acknowledged with other counts before`;
    },
    /** Returns true if other counts were sent with this key, so a 422 is correct. */
    isReused: (key: string, counts: readonly number[]): boolean =>
      [...(keys.get(key) ?? [])].some((known) => known !== counts.join()),
    /** Notes counts without an answer or with a 503: each may be recorded once more. */
    doubt: (counts: readonly number[]) => add(uncertain, counts),
    /** Returns the number of acknowledged counts. */
    total: (): number => [...acknowledged.values()].reduce((sum, times) => sum + times, 0),
    /**
     * Returns true if all acknowledged counts are recorded, each at least as often as acknowledged.
     */
    isComplete: (recorded: ReadonlyMap<number, number>): boolean =>
      [...acknowledged].every(([count, times]) => (recorded.get(count) ?? 0) >= times),
    /** Lists each count that is recorded too rarely or too often, with the bytes sent for it. */
    findImbalance: (recorded: ReadonlyMap<number, number>): string[] => {
      const counts = new Set([...recorded.keys(), ...acknowledged.keys()]);
      const wrong = [...counts].flatMap((count) => {
        const least = acknowledged.get(count) ?? 0;
        const greatest = least + (uncertain.get(count) ?? 0);
        const times = recorded.get(count) ?? 0;
        if (times >= least && times <= greatest) return [];
        return [
          `${count} is recorded ${times} times, acknowledged ${least} times; sent in:\n${JSON.stringify(senders.get(count) ?? 'nothing').slice(0, longest)}`,
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
