import { decimal, defineTable } from '@sluice/table/define-table.ts';
import * as z from 'zod';

/** A measurement of a sensor. */
export const sensorReading = defineTable('sensor_reading', {
  sensor: z
    .string()
    .max(40)
    .regex(/^[a-z0-9-]+$/)
    .meta({ examples: ['roof-1'] }),
  celsius: decimal(5, 2),
  measured_at: z.iso.datetime({ precision: 3, offset: true }),
  is_calibrated: z.boolean(),
});
