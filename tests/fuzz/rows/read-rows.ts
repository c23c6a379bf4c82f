import { columnsByTable, faultsOf, formOf, type Column } from './columns.ts';
import { isMembers, parseJson, type Json, type Path } from './parse-json.ts';

/** The items of a body in a form that is the same for the same values, or its faults. */
export type Reading =
  | { readonly items: readonly string[] }
  | {
      /** The places that a 400 may name. `undefined` if it may name any, or none. */
      readonly places?: readonly string[];
      /** The number of places that it must name, up to 20. */
      readonly count?: number;
    };

type Row = { readonly value: Json; readonly placeOf: (path: Path) => string };

const maxRows = 10_000;
// A row in the queue. Its form here may be a few bytes shorter; no request comes so near to the limit.
const maxRowBytes = 1_048_576;

/** Reads a JSON body: one row, or a list of rows. */
export const readJsonRows = (table: string, body: string): Reading => {
  const text = decode(body);
  const parsed = text === undefined ? undefined : parseJson(text);
  if (parsed === undefined || parsed === 'too deep') return {};
  const { value, repeated } = parsed;
  const rows = Array.isArray(value)
    ? value.map((row: Json, index) => ({ value: row, placeOf: (path: Path) => fragmentOf([String(index), ...path]) }))
    : [{ value, placeOf: fragmentOf }];
  if (rows.length === 0 || rows.length > maxRows) return { places: ['#'] };
  return readRows(table, rows, repeated.map(fragmentOf));
};

/** Reads an NDJSON body: a row a line, and blank lines after the last. */
export const readRowLines = (table: string, body: string): Reading => {
  const lines = decode(body)
    ?.replace(/[ \t\r\n]+$/, '')
    .split('\n');
  if (lines === undefined) return {};
  if (lines.length > maxRows) return { places: [`line:${maxRows + 1}`] };
  const faults: string[] = [];
  const rows: Row[] = [];
  for (const [index, line] of lines.entries()) {
    const placeOf = (path: Path) => `line:${index + 1}${pointerOf(path).join('')}`;
    const parsed = parseJson(line);
    if (parsed === 'too deep') return {};
    faults.push(...(parsed?.repeated.map(placeOf) ?? [placeOf([])]));
    if (parsed !== undefined) rows.push({ value: parsed.value, placeOf });
  }
  return readRows(table, rows, faults);
};

/** Reads rows. `faults`: those of the syntax, before which an answer need not name others. */
const readRows = (table: string, rows: readonly Row[], faults: readonly string[]): Reading => {
  const columns = columnsByTable[table] ?? [];
  const read = rows.map(({ value, placeOf }) => {
    const row = readRow(columns, value);
    return 'form' in row ? row : { count: row.faults.length, places: row.faults.flat().map(placeOf) };
  });
  const bad = read.filter((row) => 'places' in row);
  const places = [...faults, ...bad.flatMap((row) => row.places)];
  const count = bad.reduce((sum, row) => sum + row.count, 0);
  if (places.length > 0) return { places, count: faults.length > 0 ? 1 : count };
  return { items: read.flatMap((row) => ('form' in row ? [itemOf(table, row.form)] : [])) };
};

/** Formats a row for the ledger model. */
export const itemOf = (table: string, form: string): string => `${table} ${form}`;

/** Reads a row. `faults`: for each, the places of which an answer names one. */
const readRow = (
  columns: readonly Column[],
  row: Json,
): { readonly form: string } | { readonly faults: readonly (readonly Path[])[] } => {
  if (!isMembers(row)) return { faults: [[[]]] };
  const faults: (readonly Path[])[] = [];
  const forms = columns.map(({ name, kind, isOptional }) => {
    const value = row.get(name) ?? null;
    const form = value === null ? (isOptional ? 'null' : undefined) : formOf(kind, value);
    if (form === undefined) faults.push(faultsOf(kind, value).map((path) => [name].concat(path)));
    return form;
  });
  for (const name of row.keys()) if (!columns.some((column) => column.name === name)) faults.push([[name]]);
  if (faults.length > 0) return { faults };
  const form = `[${forms.join(',')}]`;
  return Buffer.byteLength(form) > maxRowBytes ? { faults: [[[]]] } : { form };
};

/** Decodes UTF-8 without a byte order mark at its start. Returns `undefined` for other bytes. */
const decode = (body: string): string | undefined => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(body, 'latin1'));
  } catch {
    return undefined;
  }
};

/** Formats a place as the parts of a JSON pointer. Answers shorten names that clients chose. */
const pointerOf = (path: Path): string[] =>
  path.map((name) => `/${name.slice(0, 64).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`);

const fragmentOf = (path: Path): string =>
  `#${pointerOf(path)
    .map((part) => `/${encodeURIComponent(part.slice(1))}`)
    .join('')}`;
