import { defineTable } from '@sluice/table/define-table.ts';
import * as z from 'zod';

// The tables of a release, for tests of an upgrade. The release after it has new-tables.ts.

export const tables = [defineTable('vote', { choice: z.string().max(20), weight: z.int() })];
