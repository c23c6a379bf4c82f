import * as z from 'zod/mini';
import { hostname, recordId } from './bodies.ts';
import { pageNext } from './route-parts.ts';

// The answers of the routes of a table, for a schema of its recorded rows.

/** Returns the paths of a table. */
export const tablePathsOf = (name: string) => ({
  table: `/tables/${name}`,
  rows: `/tables/${name}/rows`,
  queue: `/tables/${name}/queue`,
});

/** A recorded row of any table: its id, the time of recording, and its columns. */
export const recordedRow = z.looseObject({ id: recordId, recorded_at: z.nullable(z.iso.datetime()) });

/** The body of `POST /tables/NAME/rows`. */
export const rowsAccepted = z.object({ message: z.string(), accepted: z.int(), hostname });

/** The body of `GET /tables/NAME`. */
export const tableTotalOf = <Name extends z.ZodMiniType, Row extends z.ZodMiniType>(name: Name, row: Row) =>
  z.object({
    table: name,
    rows_count: z.int().with(z.describe('The number of rows recorded.')),
    latest_row: z
      .nullable(row)
      .with(z.describe('The row with the highest id, null if there is none. It may not be the last one posted.')),
    hostname,
  });

/** The body of `GET /tables/NAME/rows`. */
export const rowsPageOf = <Row extends z.ZodMiniType>(row: Row) => z.object({ rows: z.array(row), next: pageNext });
