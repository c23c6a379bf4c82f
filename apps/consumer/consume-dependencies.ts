import type { BatchIdentity } from '@sluice/contract/entry.ts';
import type { Recorded } from '@sluice/ledger/record.ts';
import type { EntryReader, RawEntry } from '@sluice/queue/consume/read-entries.ts';
import type { Logger } from '@sluice/runtime/logging/logger.ts';
import type { RecordMetrics } from './metrics.ts';

/** A checked batch of counts or of rows. */
export type SizedBatch = BatchIdentity & { readonly size: number };

/** The kind of entries that a consumer reads: counts, or rows of a table. */
export type EntryKind<Batch extends SizedBatch> = {
  /** Maximum bytes of an entry, for the reason of a dead letter. */
  readonly maxEntryBytes: number;
  readonly parse: (
    fields: RawEntry['fields'],
  ) => { readonly ok: true; readonly batch: Batch } | { readonly ok: false; readonly reason: string };
  /** Splits entries into transactions, in order. */
  readonly split: (entries: readonly Entry<Batch>[]) => readonly (readonly Entry<Batch>[])[];
  /**
   * Records batches in one transaction. `split` has the ids of batches that were not recorded, but
   * claimed to be split.
   */
  readonly record: (batches: readonly Batch[]) => Promise<Recorded & { readonly split?: readonly string[] }>;
  /** True if MySQL would refuse the batches each time. */
  readonly isRefusal?: ((error: unknown) => boolean) | undefined;
  /**
   * Takes an entry that MySQL refuses out of the way: it becomes two smaller entries, or a dead
   * letter. `error` is the refusal, undefined if the entry was claimed to be split before.
   */
  readonly isolate?: ((entry: Entry<Batch>, error?: unknown) => Promise<void>) | undefined;
};

/** The dependencies of the consumer of one partition. */
export type ConsumeDependencies<Batch extends SizedBatch> = {
  readonly kind: EntryKind<Batch>;
  readonly reader: EntryReader;
  readonly ack: (ids: readonly string[]) => Promise<void>;
  readonly moveToDeadLetters: (entry: RawEntry, reason: string) => Promise<void>;
  /** True if consumers must not read, such as while an operator has paused them. */
  readonly isPaused: () => boolean;
  /** Tells the watchdog that the loop makes an attempt. */
  readonly heartbeat: () => void;
  readonly metrics: RecordMetrics;
  readonly logger: Logger;
};

/** A parsed entry. */
export type Entry<Batch> = { readonly id: string; readonly batch: Batch };
