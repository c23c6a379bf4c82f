import { defineTable } from '@sluice/table/define-table.ts';
import * as z from 'zod';

// Fifty tables, for their memory and connections. Services load this file.

export const tables = Array.from({ length: 50 }, (_, index) =>
  defineTable(`reading_${index + 1}`, {
    sensor: z.string().max(40),
    celsius: z.number().min(-100).max(100),
    measured_at: z.iso.datetime({ precision: 3 }),
    battery: z.int().min(0).max(100).optional(),
    extra: z.json().optional(),
  }),
);

export const file = import.meta.filename;

/** Returns a row as a client posts it. */
export const readingOf = (number: number) => ({
  sensor: `sensor-${number % 100}`,
  celsius: (number % 1_000) / 10,
  measured_at: '2026-11-26T05:00:00.123Z',
});
