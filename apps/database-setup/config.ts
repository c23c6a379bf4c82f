import { checkLogins, databaseSettings, processSettings, tableSettings } from '@sluice/runtime/config/settings.ts';
import * as z from 'zod';

const text = z.string({ error: 'must be text' }).optional();

const userSettings = {
  DB_MIGRATOR_PASSWORD: text.describe(
    'Password for the user `migrator`, which creates the tables and imports; if not set, `DB_USER` does both',
  ),
  DB_MIGRATOR_SECRET_ARN: text.describe('Secret with `username` and `password` of that user, instead of the password'),
  DB_PRODUCER_PASSWORD: text.describe('Password for the user `producer`, which may only read'),
  DB_PRODUCER_SECRET_ARN: text.describe('Secret with `username` and `password` of that user, instead of the password'),
  DB_CONSUMER_PASSWORD: text.describe('Password for the user `consumer`, which may record'),
  DB_CONSUMER_SECRET_ARN: text.describe('Secret with `username` and `password` of that user, instead of the password'),
};

const roles = ['MIGRATOR', 'PRODUCER', 'CONSUMER'] as const;

/**
 * The environment variables of the database setup. `DB_USER` (or the user of `DB_SECRET_ARN`) is
 * the administrator, who creates the database and its users. Without other users, the administrator
 * does everything.
 */
export const configSchema = z
  .object({ ...databaseSettings, ...tableSettings, ...userSettings, ...processSettings })
  .superRefine(checkLogins)
  .superRefine((config, context) => {
    const addProblem = (name: string, message: string) => context.addIssue({ code: 'custom', path: [name], message });
    const isGiven = (role: (typeof roles)[number]) =>
      config[`DB_${role}_PASSWORD`] !== undefined || config[`DB_${role}_SECRET_ARN`] !== undefined;
    for (const role of roles) {
      if (config[`DB_${role}_PASSWORD`] !== undefined && config[`DB_${role}_SECRET_ARN`] !== undefined) {
        addProblem(`DB_${role}_PASSWORD`, `must not be set together with DB_${role}_SECRET_ARN`);
      }
      if (!isGiven(role) && roles.some(isGiven)) {
        addProblem(`DB_${role}_PASSWORD`, `must be set, or DB_${role}_SECRET_ARN instead, as for the other users`);
      }
    }
  });

/** The parsed environment of {@link configSchema}. */
export type Config = z.output<typeof configSchema>;
