import { formatNumber } from '../report/table.ts';

/** The figures of one peer in one round. What a peer cannot do is missing. */
export type Figures = {
  /** Answered POSTs a second, while no worker runs. */
  readonly ingest?: number;
  /** The same while the worker runs. */
  readonly ingestAtWork: number;
  /** Recorded counts a second, from the first POST to the last row. */
  readonly endToEnd: number;
  /** Recorded counts a second of a queue that was filled before. */
  readonly drain?: number;
  /** The time from a planned POST to its row, in ms. */
  readonly p50?: number;
  readonly p99?: number;
  /** The highest resident memory of server and worker together, in MB. */
  readonly memoryMb: number;
  /** The memory of Redis for one waiting count. */
  readonly redisBytes?: number;
};

/** Formats a figure. A small one has a decimal place. */
export const formatFigure = (value: number | undefined): string =>
  value === undefined ? '–' : formatNumber(value, value < 10 ? 1 : 0);

/** Formats the figures of a round in one line. */
export const formatFigures = ({ ingest, ingestAtWork, endToEnd, drain, p50 }: Figures): string =>
  [
    `${formatFigure(ingest)} POSTs/s`,
    `${formatFigure(ingestAtWork)} while the worker runs`,
    `${formatFigure(endToEnd)} recorded/s`,
    `${formatFigure(drain)} of a full queue`,
    `p50 ${formatFigure(p50)} ms`,
  ].join(', ');
