/** The tables that the load fills. `count` is that of the counts. */
export const loadedTables = ['count', 'page_view', 'sensor_reading'] as const;

export type LoadedTable = (typeof loadedTables)[number];

/**
 * The outcome of a request: its items must be recorded (acknowledged), must not be (refused), or
 * may be, all or none (unknown).
 */
export type Outcome = 'acknowledged' | 'refused' | 'unknown';

/** One sending of a request. Times are in ms since the start of the load. */
export type Attempt = {
  readonly at: number;
  readonly ms: number;
  /** The status and the code of the problem, or undefined without a complete answer. */
  readonly answer: string | undefined;
};

/** A request with the numbered items `first` to `first + length - 1`. */
export type Posted = {
  readonly table: LoadedTable;
  readonly first: number;
  readonly length: number;
  readonly isKeyed: boolean;
  readonly attempts: readonly Attempt[];
  readonly outcome: Outcome;
  /** An answer that the contract does not allow. */
  readonly lie?: string;
};

/** One answer to GET /count. */
export type Read = { readonly at: number; readonly endedAt: number; readonly total: number };

/** Returns the numbers of the items of a request. */
export const itemsOf = ({ first, length }: Pick<Posted, 'first' | 'length'>): number[] =>
  Array.from({ length }, (_, index) => first + index);
