import type { Declaration } from '@sluice/table/define-table.ts';

/** The tables of this Sluice, in addition to `count` (docs/guides/tables.md). */
export const tables: readonly Declaration[] = [];
