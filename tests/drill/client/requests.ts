import { rowOf } from '@sluice/fault-tests/numbered-rows.ts';
import { itemsOf, type LoadedTable } from './history.ts';

/** A request to send. */
export type Request = {
  readonly table: LoadedTable;
  readonly first: number;
  readonly length: number;
  readonly path: string;
  readonly body: string;
  readonly contentType: string;
  readonly isKeyed: boolean;
  /** False for a request that must be refused, because its last item is none. */
  readonly isValid: boolean;
};

const manyItems = 10;
// More than a batch holds, so the request becomes several batches in one transaction of Redis.
const batches = 1_100;

/**
 * Creates the requests of the load, one after the other: counts and rows, single and in lists, with
 * and without a key. Each item has a number of its own.
 */
export const createRequests = (): (() => Request) => {
  const next = { count: 1, page_view: 1, sensor_reading: 1 };
  let requests = 0;
  return () => {
    const number = requests++;
    const table = number % 5 < 3 ? 'count' : number % 5 === 3 ? 'page_view' : 'sensor_reading';
    const isValid = number % 50 !== 49;
    const length = number % 320 === 32 ? batches : number % 4 === 1 || !isValid ? manyItems : 1;
    const first = next[table];
    next[table] += length;
    const isKeyed = number % 8 === 6;
    const isLines = number % 16 === 5;
    return { table, first, length, isKeyed, isValid, ...contentOf(table, first, length, isLines, isValid) };
  };
};

const contentOf = (table: LoadedTable, first: number, length: number, isLines: boolean, isValid: boolean) => {
  const numbers = itemsOf({ first, length });
  const wrong = isValid ? [] : ['wrong'];
  const items = [...(table === 'count' ? numbers : numbers.map((number) => rowOf(table, number))), ...wrong];
  const path = table !== 'count' ? `/tables/${table}/rows` : items.length === 1 ? '/count' : '/counts';
  if (isLines && path !== '/count') {
    return { path, body: items.map((item) => JSON.stringify(item)).join('\n'), contentType: 'application/x-ndjson' };
  }
  const whole = path === '/count' ? { count: items[0] } : path === '/counts' ? { counts: items } : items;
  return { path, body: JSON.stringify(whole), contentType: 'application/json' };
};
