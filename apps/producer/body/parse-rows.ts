import { maxRowsPerRequest } from '@sluice/contract/table-routes.ts';
import { parseJson } from '@sluice/contract/parse-json.ts';
import type { CheckedRow } from '@sluice/table/check-row.ts';
import type { ProblemContent } from '../http/problem-answer.ts';
import { findRepeatedName, fragmentOf } from './find-repeated-name.ts';
import { findSyntaxFault, type SyntaxFault } from './find-syntax-fault.ts';
import { mayRepeatNames } from './may-repeat-names.ts';
import { withoutEnd } from './parse-ndjson.ts';

/** The rows of a body in the form in which the queue holds them, or the problem of the body. */
export type ParsedRows = { readonly rows: readonly string[] } | { readonly problem: ProblemContent };

type Fault = { readonly pointer: string; readonly detail: string };
type CheckRow = (value: unknown) => CheckedRow;

/** Maximum number of faults that an answer names. */
const maxFaults = 20;

/** Reads a JSON body: one row as an object, or several as a list. */
export const parseJsonRows = (text: string, check: CheckRow): ParsedRows => {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    const fault = findSyntaxFault(text);
    const pointer = fault.index === undefined ? '#' : `#/${fault.index}`;
    return problemOf([{ pointer, detail: notJson(fault, 'body') }], 'invalid_json');
  }
  const isList = Array.isArray(value);
  const values: unknown[] = Array.isArray(value) ? value : [value];
  if (values.length === 0) return noRows;
  if (values.length > maxRowsPerRequest) return problemOf([{ pointer: '#', detail: tooMany }]);
  const repeated = mayRepeatNames(text, value) ? findRepeatedName(text) : undefined;
  if (repeated !== undefined) return problemOf([{ pointer: fragmentOf(repeated), detail: 'occurs more than once' }]);
  return checkRows(values, check, (index, pointer) => fragmentOf(isList ? `/${index}${pointer}` : pointer));
};

/**
 * Reads one row per line (https://github.com/ndjson/ndjson-spec). Lines end with LF or CRLF. Blank
 * lines may follow the last row.
 */
export const parseNdjsonRows = (text: string, check: CheckRow): ParsedRows => {
  const lines = withoutEnd(text).split('\n', maxRowsPerRequest + 1);
  if (lines.length > maxRowsPerRequest) {
    return problemOf([{ pointer: `line:${maxRowsPerRequest + 1}`, detail: tooMany }]);
  }
  const values: unknown[] = [];
  for (const [index, line] of lines.entries()) {
    const at = `line:${index + 1}`;
    if (line.trim() === '') return problemOf([{ pointer: at, detail: 'is empty' }]);
    let value: unknown;
    try {
      value = parseJson(line);
    } catch {
      return problemOf([{ pointer: at, detail: notJson(findSyntaxFault(line), 'line') }]);
    }
    const repeated = mayRepeatNames(line, value) ? findRepeatedName(line) : undefined;
    if (repeated !== undefined) return problemOf([{ pointer: `${at}${repeated}`, detail: 'occurs more than once' }]);
    values.push(value);
  }
  return checkRows(values, check, (index, pointer) => `line:${index + 1}${pointer}`);
};

const notJson = ({ character }: SyntaxFault, text: 'body' | 'line'): string =>
  character === undefined ? 'is not JSON: it ends too early' : `is not JSON at character ${character} of the ${text}`;

const tooMany = `must have at most ${maxRowsPerRequest} rows`;

const checkRows = (
  values: readonly unknown[],
  check: CheckRow,
  placeOf: (index: number, pointer: string) => string,
): ParsedRows => {
  const rows: string[] = [];
  const faults: Fault[] = [];
  for (const [index, value] of values.entries()) {
    const checked = check(value);
    if ('row' in checked) rows.push(checked.row);
    else faults.push(...checked.faults.map(({ pointer, detail }) => ({ pointer: placeOf(index, pointer), detail })));
    if (faults.length >= maxFaults) break;
  }
  return faults.length > 0 ? problemOf(faults.slice(0, maxFaults)) : { rows };
};

const problemOf = (
  errors: readonly Fault[],
  code: 'invalid_request' | 'invalid_json' = 'invalid_request',
): { readonly problem: ProblemContent } => ({
  problem: {
    status: 400,
    code,
    detail: `The body is invalid: ${errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')}.`,
    errors: [...errors],
  },
});

/** The problem of a body without rows, or of a request without a body. */
export const noRows = problemOf([{ pointer: '#', detail: 'must have a row' }]);
