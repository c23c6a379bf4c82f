import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { createPipeline } from '@sluice/test-servers/pipeline.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { compareRecorded } from './compare-recorded.ts';
import { numberOf, readRows, rowOf, tableNames, type Row, type TableName } from './numbered-rows.ts';

/** The rows posted to each table, by the number that each has in a column of its own. */
type PostedRows = {
  readonly acknowledged: ReadonlyMap<number, Row>;
  /** The rows that may be recorded: they were refused, or no answer came. */
  readonly unacknowledged: ReadonlyMap<number, Row>;
};

export type RowLoad = {
  readonly posted: Readonly<Record<TableName, PostedRows>>;
  /** Answers other than 201 or 503. There should be none. */
  readonly oddAnswers: readonly string[];
  /** Resolves when `rows` more rows of each table are acknowledged. */
  readonly more: (rows?: number) => Promise<void>;
  readonly stop: () => Promise<void>;
};

const repeats = 20;
const repeatAfterMs = 250;
const pauseMs = 10;

/**
 * Posts distinct rows to three tables, from two clients a table, one request at a time each. The
 * requests are single rows, lists and lines. Some have an idempotency key, which their client
 * repeats until they are acknowledged. Ends with the test.
 */
export const startRowLoad = (test: TestContext, addresses: readonly string[]): RowLoad => {
  const oddAnswers: string[] = [];
  let isStopping = false;

  const attempt = async (url: string, headers: Record<string, string>, body: string): Promise<boolean> => {
    try {
      const response = await fetch(url, { method: 'POST', headers, body });
      const text = await response.text();
      if (response.status !== 201 && response.status !== 503) oddAnswers.push(`${response.status} ${text}`);
      return response.status === 201;
    } catch {
      return false;
    }
  };

  const startLoad = (table: TableName) => {
    const acknowledged = new Map<number, Row>();
    const unacknowledged = new Map<number, Row>();
    let next = 1;
    let requests = 0;
    const client = async () => {
      while (!isStopping) {
        const request = requests++;
        const rows = Array.from({ length: request % 16 === 3 ? 50 : 1 }, () => next++).map((number) =>
          rowOf(table, number),
        );
        const isLines = request % 8 === 5;
        const key = request % 8 === 6 ? { 'idempotency-key': randomUUID() } : undefined;
        const headers = { 'content-type': isLines ? 'application/x-ndjson' : 'application/json', ...key };
        const body = isLines
          ? rows.map((row) => JSON.stringify(row)).join('\n')
          : JSON.stringify(rows.length > 1 ? rows : rows[0]);
        let isAcknowledged = false;
        for (
          let turn = 0;
          turn < (key === undefined ? 1 : repeats) && !isAcknowledged && !(turn > 0 && isStopping);
          turn++
        ) {
          if (turn > 0) await pause(repeatAfterMs);
          isAcknowledged = await attempt(
            `${addresses[(request + turn) % addresses.length]}/tables/${table}/rows`,
            headers,
            body,
          );
        }
        for (const row of rows) (isAcknowledged ? acknowledged : unacknowledged).set(Number(row[numberOf[table]]), row);
        await pause(pauseMs);
      }
    };
    return { acknowledged, unacknowledged, working: [client(), client()] };
  };
  const posted = {
    page_view: startLoad('page_view'),
    sensor_reading: startLoad('sensor_reading'),
    vote: startLoad('vote'),
  };
  const loads = Object.values(posted);

  const stop = async () => {
    isStopping = true;
    await Promise.all(loads.flatMap(({ working }) => working));
  };
  test.after(stop);
  const more = async (rows = 30) => {
    const enough = loads.map(({ acknowledged }) => acknowledged.size + rows);
    await waitUntil(() => loads.every(({ acknowledged }, index) => acknowledged.size >= (enough[index] ?? 0)));
  };
  return { posted, oddAnswers, more, stop };
};

type Ledger = Pick<Awaited<ReturnType<typeof createPipeline>>['ledger'], 'query'>;

/**
 * Waits until every acknowledged row is recorded. Asserts for each table that none is lost, recorded
 * twice or invented, that each has the values that were sent, and that `table_totals` equals
 * `COUNT(*)`.
 */
export const assertRowBalance = async (
  { ledger, address }: { readonly ledger: Ledger; readonly address: string },
  { posted, oddAnswers }: RowLoad,
  withinMs: number,
): Promise<void> => {
  assert.deepEqual(oddAnswers.slice(0, 3), []);
  for (const table of tableNames) {
    const { acknowledged, unacknowledged } = posted[table];
    assert.ok(acknowledged.size > 0, `the load got no row of ${table} acknowledged`);
    const readNumbers = async () =>
      (await ledger.query(`SELECT ${numberOf[table]} AS number FROM ${table}`)).map((row) => Number(row['number']));
    const compare = (recorded: readonly number[]) =>
      compareRecorded(recorded, [...acknowledged.keys()], unacknowledged);
    const isComplete = async () => compare(await readNumbers()).lost.length === 0;
    await waitUntil(isComplete, withinMs).catch(() => undefined);
    const numbers = await readNumbers();
    const { lost, twice, invented } = compare(numbers);
    const known = new Map([...acknowledged, ...unacknowledged]);
    const [total] = await ledger.query(
      'SELECT COALESCE(SUM(rows_count), 0) AS total FROM table_totals WHERE table_name = ?',
      [table],
    );
    assert.deepEqual(
      {
        table,
        lost: lost.length,
        twice: twice.length,
        invented: invented.length,
        total: Number(total?.['total']),
      },
      { table, lost: 0, twice: 0, invented: 0, total: numbers.length },
    );
    for (const row of await readRows(address, table)) {
      const { id: _id, recorded_at: _at, ...values } = row;
      assert.deepEqual(values, known.get(Number(row[numberOf[table]])));
    }
  }
};
