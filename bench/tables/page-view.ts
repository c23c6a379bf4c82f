import { defineTable } from '@sluice/table/define-table.ts';
import * as z from 'zod';

// The table whose rows are measured: five columns, one of them JSON. Services load this file.

export const tables = [
  defineTable('page_view', {
    visitor: z.uuid(),
    path: z.string().max(200),
    duration_ms: z.number().min(0),
    viewed_at: z.iso.datetime({ precision: 3 }),
    properties: z.json(),
  }),
];

export const file = import.meta.filename;

const properties = {
  referrer: 'https://example.com/search?q=durable+write+buffer',
  screen: { width: 1920, height: 1080 },
  language: 'en-GB',
  campaign: 'autumn',
  isReturning: true,
  scrolled: 0.75,
};
const firstViewAt = Date.UTC(2026, 0, 1);

/** Returns a row as a client posts it. Each number gives another. */
export const pageViewOf = (number: number) => ({
  visitor: `0b9ad5d3-7c5f-4d0e-9b1c-${number.toString(16).padStart(12, '0')}`,
  path: `/articles/${number % 1_000}`,
  duration_ms: number % 30_000,
  viewed_at: new Date(firstViewAt + number).toISOString(),
  properties,
});
