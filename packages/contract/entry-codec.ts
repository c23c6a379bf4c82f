/** Turns the items of requests, counts or rows, into the entries of a stream. */
export type EntryCodec<Item> = {
  /** Maximum number of items in an entry. */
  readonly maxItems: number;
  /**
   * Maximum number of bytes of the items in an entry. An item that is larger has an entry of its
   * own.
   */
  readonly maxBytes: number;
  /** Returns the bytes of items, 0 where their number already limits them. */
  readonly bytesOf: (items: readonly Item[]) => number;
  /** Encodes a batch as the fields of an entry, as XADD takes them. */
  readonly encode: (batch: {
    readonly batchId: string;
    readonly items: readonly Item[];
    readonly isKeyed: boolean;
  }) => Record<string, string>;
  /** Returns a text that differs between any two lists of items. */
  readonly textOf: (items: readonly Item[]) => string;
};
