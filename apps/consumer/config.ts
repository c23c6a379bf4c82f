import {
  checkLogins,
  databaseSettings,
  metricsSettings,
  processSettings,
  queueSettings,
  recordSettings,
} from '@sluice/runtime/config/settings.ts';
import * as z from 'zod';

/** The environment variables of the consumer. */
export const configSchema = z
  .object({ ...queueSettings, ...databaseSettings, ...recordSettings, ...metricsSettings, ...processSettings })
  .superRefine(checkLogins);
