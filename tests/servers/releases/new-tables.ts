import { defineTable } from '@sluice/table/define-table.ts';
import * as z from 'zod';

// The tables of the release after that of old-tables.ts: one more column, and a longer text.

export const tables = [
  defineTable('vote', { choice: z.string().max(40), weight: z.int(), reason: z.string().max(20).optional() }),
];
