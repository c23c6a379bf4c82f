import {
  checkLogins,
  databaseSettings,
  metricsSettings,
  processSettings,
  queueSettings,
  recordSettings,
  tableSettings,
} from '@sluice/runtime/config/settings.ts';
import * as z from 'zod';

/** The environment variables of the consumer. */
export const configSchema = z
  .object({
    ...queueSettings,
    ...databaseSettings,
    ...recordSettings,
    ...tableSettings,
    ...metricsSettings,
    ...processSettings,
  })
  .superRefine(checkLogins);
