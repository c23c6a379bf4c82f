import { databaseSettings, processSettings } from '@sluice/runtime/settings.ts';
import * as z from 'zod';

/** The environment of the database's set-up. Its user must be allowed to create the database and its tables. */
export const configSchema = z.object({ ...databaseSettings, ...processSettings });
