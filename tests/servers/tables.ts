import { decimal, defineTable } from '@sluice/table/define-table.ts';
import { readMigrations } from '@sluice/ledger/read-migrations.ts';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

// The tables of the tests. Services load them with `TABLES_FILE`.

/** This file, as the value of `TABLES_FILE`. */
export const tablesFile = fileURLToPath(import.meta.url);

/** The migrations of these tables. */
export const migrationsOfTests = join(import.meta.dirname, 'migrations');

/** A table with a column of each type. */
const pageView = defineTable('page_view', {
  visitor: z.uuid(),
  path: z.string().max(200),
  duration_ms: z.number(),
  clicks: z.int(),
  price: decimal(12, 4).optional(),
  viewed_at: z.iso.datetime({ precision: 3, offset: true }),
  plan: z.enum(['free', 'pro']).optional(),
  is_new: z.boolean(),
  properties: z.json().optional(),
});

const sensorReading = defineTable('sensor_reading', { sensor: z.string().max(40), celsius: z.number() });
const vote = defineTable('vote', { choice: z.string().max(20), weight: z.int() });

export const tables = [pageView, sensorReading, vote];

/** Creates these tables in a schema. */
export const createTestTables = async (query: (sql: string) => Promise<unknown>): Promise<void> => {
  for (const { statement } of await readMigrations(migrationsOfTests)) await query(statement);
};
