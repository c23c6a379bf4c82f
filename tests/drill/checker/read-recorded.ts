import { isDeepStrictEqual } from 'node:util';
import { numberOf, readRows, rowOf } from '@sluice/fault-tests/numbered-rows.ts';
import { loadedTables, type LoadedTable } from '../client/history.ts';
import { apiAddress } from '../system/balancer.ts';
import { countEntries } from '../system/count-entries.ts';
import type { System } from '../system/system.ts';
import type { Recorded } from './check.ts';

const queryWithinMs = 60_000;

type Table = Exclude<LoadedTable, 'count'>;

/** Reads all that is recorded: the numbers from the database, the values over the API. */
export const readRecorded = async ({ database }: Pick<System, 'database'>): Promise<Recorded> => {
  const readColumn = async (sql: string) =>
    (await database.ask(sql, queryWithinMs)).map((row) => Number(Object.values(row)[0]));
  const readItems = (table: LoadedTable) =>
    readColumn(
      table === 'count' ? 'SELECT count_value FROM count.`count`' : `SELECT ${numberOf[table]} FROM count.${table}`,
    );
  const readTotal = async (table: LoadedTable) => {
    const where = table === 'count' ? 'totals' : `table_totals WHERE table_name = '${table}'`;
    return (await readColumn(`SELECT COALESCE(SUM(rows_count), 0) FROM count.${where}`))[0] ?? Number.NaN;
  };
  return {
    items: await ofEach(readItems),
    totals: await ofEach(readTotal),
    changed: [...(await findChanged('page_view')), ...(await findChanged('sensor_reading'))],
    deadLetters: await countEntries('deadLetters'),
  };
};

const ofEach = async <T>(read: (table: LoadedTable) => Promise<T>): Promise<Record<LoadedTable, T>> => {
  const [count, pageView, sensorReading] = await Promise.all(loadedTables.map(read));
  if (count === undefined || pageView === undefined || sensorReading === undefined)
    throw new Error('A table is missing');
  return { count, page_view: pageView, sensor_reading: sensorReading };
};

const findChanged = async (table: Table): Promise<string[]> =>
  (await readRows(apiAddress, table)).flatMap(({ id: _id, recorded_at: _at, ...values }) => {
    const number = Number(values[numberOf[table]]);
    return isDeepStrictEqual(values, rowOf(table, number)) ? [] : [`${table} ${number}: ${JSON.stringify(values)}`];
  });
