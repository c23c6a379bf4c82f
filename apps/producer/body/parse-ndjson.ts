import { maxCountsPerRequest } from '@sluice/contract/routes.ts';

const maxFreeLength = 1_024;
const notACount = 'must be an integer within ±9007199254740991';

/** The counts of an NDJSON body, or its first invalid line. Lines are numbered from 1. */
export type ParsedLines = { readonly counts: readonly number[] } | { readonly line: number; readonly detail: string };

/**
 * Reads one count per line (https://github.com/ndjson/ndjson-spec). A count is a JSON number that
 * is an integer within ±(2^53−1), so 1.0 and 1e3 are valid. Lines end with LF or CRLF. Blank lines
 * may follow the last count.
 */
export const parseNdjson = (text: string): ParsedLines => {
  const content = withoutEnd(text);
  return parseAtOnce(content) ?? parseLines(content.split('\n', maxCountsPerRequest + 1));
};

/** Removes the blanks of JSON at the end of a body. Unicode has others, which are not valid there. */
export const withoutEnd = (text: string): string => {
  let end = text.length;
  while (end > 0 && ' \t\r\n'.includes(text[end - 1] ?? '')) end -= 1;
  return text.slice(0, end);
};

/**
 * Parses all lines as one list, which is several times faster than line by line. Without these
 * characters, each element of the list is one line.
 */
const parseAtOnce = (content: string): ParsedLines | undefined => {
  if (content === '' || [',', '"', '[', '{'].some((character) => content.includes(character))) return undefined;
  try {
    const counts: unknown = JSON.parse(`[${content.replaceAll('\n', ',')}]`);
    return Array.isArray(counts) && counts.length <= maxCountsPerRequest && counts.every(isCount)
      ? { counts }
      : undefined;
  } catch {
    return undefined;
  }
};

const parseLines = (lines: readonly string[]): ParsedLines => {
  const counts: number[] = [];
  for (const [index, text] of lines.entries()) {
    const line = index + 1;
    if (line > maxCountsPerRequest) return { line, detail: `exceeds the maximum of ${maxCountsPerRequest} counts` };
    if (text.trim() === '') return { line, detail: 'is empty' };
    // Does not parse a long line that is not a number: that can cost far more.
    if (text.length > maxFreeLength && !/^\s*[-\d]/.test(text)) return { line, detail: notACount };
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { line, detail: 'is not JSON' };
    }
    if (!isCount(value)) return { line, detail: notACount };
    counts.push(value);
  }
  return { counts };
};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value);
