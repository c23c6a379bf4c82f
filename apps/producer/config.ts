import { databaseSettings, httpSettings, processSettings, queueSettings } from '@sluice/runtime/settings.ts';
import * as z from 'zod';

/** The environment of the producer. */
export const configSchema = z.object({
  ...httpSettings,
  ...queueSettings,
  ...databaseSettings,
  ...processSettings,
});
