import {
  checkLogins,
  databaseSettings,
  enqueueSettings,
  httpSettings,
  metricsSettings,
  processSettings,
  queueSettings,
  tableSettings,
} from '@sluice/runtime/config/settings.ts';
import * as z from 'zod';

/** The environment variables of the producer. */
export const configSchema = z
  .object({
    ...httpSettings,
    ...queueSettings,
    ...tableSettings,
    ...enqueueSettings,
    ...databaseSettings,
    ...metricsSettings,
    ...processSettings,
  })
  .superRefine(checkLogins);
