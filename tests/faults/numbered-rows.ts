/** A row as JSON: columns and values. */
export type Row = Readonly<Record<string, unknown>>;

export type TableName = 'page_view' | 'sensor_reading' | 'vote';

/** The column with the number of a row. */
export const numberOf: Readonly<Record<TableName, string>> = {
  page_view: 'clicks',
  sensor_reading: 'celsius',
  vote: 'weight',
};
/** The tables of tests/servers/tables.ts. */
export const tableNames = ['page_view', 'sensor_reading', 'vote'] as const;

/** Returns the row of a table with this number. It is the same each time. */
export const rowOf = (table: TableName, number: number): Row => {
  switch (table) {
    case 'page_view':
      return {
        visitor: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
        path: `/ü 😀 '"\\ ${number}`,
        duration_ms: number / 7,
        clicks: number,
        price: number % 2 === 0 ? `${number}.1250` : null,
        viewed_at: new Date(1_700_000_000_000 + number).toISOString(),
        plan: number % 3 === 0 ? 'free' : null,
        is_new: number % 5 === 0,
        properties:
          number % 4 === 0 ? { number, text: `'; DROP TABLE vote; -- ${number}`, list: [null, true, 0.1] } : null,
      };
    case 'sensor_reading':
      return { sensor: `sensor ${number % 10}`, celsius: number };
    case 'vote':
      return { choice: `choice ${number % 3}`, weight: number };
  }
};

/** Reads all rows of a table over HTTP. */
export const readRows = async (address: string, table: TableName): Promise<Row[]> => {
  const rows: Row[] = [];
  let before: string | null = '';
  while (before !== null) {
    const url = `${address}/tables/${table}/rows?limit=1000${before === '' ? '' : `&before=${before}`}`;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an answer by the contract
    const page = (await readJson(url)) as { readonly rows: readonly Row[]; readonly next: string | null };
    rows.push(...page.rows);
    before = page.next;
  }
  return rows;
};

const readJson = async (url: string): Promise<unknown> => (await fetch(url)).json();
