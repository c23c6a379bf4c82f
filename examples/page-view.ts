import { defineTable } from '@sluice/table/define-table.ts';
import * as z from 'zod';

/** A visit of a page, as a website reports it. */
export const pageView = defineTable('page_view', {
  visitor: z.uuid(),
  path: z.string().max(2048),
  duration_ms: z.number().min(0),
  viewed_at: z.iso.datetime({ precision: 3 }),
  plan: z.enum(['free', 'pro']).optional(),
  properties: z.json().optional(),
});
