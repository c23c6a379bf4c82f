/**
 * The expected content of the ledger, derived from the requests and answers. An item is a
 * count, or a row with its table, as text.
 */
export type LedgerModel = ReturnType<typeof createLedgerModel>;

const most = 5;
// The number of characters of a request in a report.
const longest = 2_000;

/** Creates an empty model. Items may repeat, so it compares how often each occurs. */
export const createLedgerModel = () => {
  const acknowledged = new Map<string, number>();
  const uncertain = new Map<string, number>();
  /** The last bytes sent for each item, for the report when that item is wrong. */
  const senders = new Map<string, string>();
  const keys = new Map<string, Set<string>>();
  const acknowledgedKeys = new Map<string, string>();

  return {
    /**
     * Notes bytes before they are sent. Their items may be recorded only if they are also noted as
     * acknowledged or uncertain.
     */
    sending: (bytes: string, items: readonly string[], key?: string) => {
      for (const item of items) senders.set(item, bytes);
      if (key !== undefined) keys.set(key, (keys.get(key) ?? new Set()).add(items.join()));
    },
    /** Notes a 201. Returns the error in it, or `undefined`. */
    acknowledge: (items: readonly string[], key?: string): string | undefined => {
      if (key === undefined) return add(acknowledged, items);
      const known = acknowledgedKeys.get(key);
      if (known === undefined) {
        acknowledgedKeys.set(key, items.join());
        return add(acknowledged, items);
      }
      return known === items.join()
        ? undefined
        : `the key ${JSON.stringify(key)} was acknowledged with other items before`;
    },
    /** Returns true if other items were sent with this key, so a 422 is correct. */
    isReused: (key: string, items: readonly string[]): boolean =>
      [...(keys.get(key) ?? [])].some((known) => known !== items.join()),
    /** Notes items without an answer or with a 503: each may be recorded once more. */
    doubt: (items: readonly string[]) => add(uncertain, items),
    /** Returns the number of acknowledged items. */
    total: (): number => [...acknowledged.values()].reduce((sum, times) => sum + times, 0),
    /** Lists each item that is recorded too rarely or too often, with the bytes sent for it. */
    findImbalance: (recorded: ReadonlyMap<string, number>): string[] => {
      const items = new Set([...acknowledged.keys(), ...recorded.keys()]);
      const wrong = [...items].flatMap((item) => {
        const least = acknowledged.get(item) ?? 0;
        const greatest = least + (uncertain.get(item) ?? 0);
        const times = recorded.get(item) ?? 0;
        if (times >= least && times <= greatest) return [];
        return [
          `${item} is recorded ${times} times, acknowledged ${least} times; sent in:\n${JSON.stringify(senders.get(item) ?? 'nothing').slice(0, longest)}`,
        ];
      });
      return wrong.length > most ? [...wrong.slice(0, most), `… and ${wrong.length - most} more`] : wrong;
    },
  };
};

const add = (book: Map<string, number>, items: readonly string[]): undefined => {
  for (const item of items) book.set(item, (book.get(item) ?? 0) + 1);
  return undefined;
};
