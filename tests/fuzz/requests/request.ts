// Bytes are strings with one character for each byte (latin1): these print, compare and shrink
// well.

/** The framing of a body. `none`: there is no body and no framing header. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length' }
  | {
      readonly kind: 'chunks';
      /** The positions of the cuts, as fractions of the body from 0 to 1. */
      readonly cuts: readonly number[];
      /** The text after each chunk size. */
      readonly extension: string;
      /** The complete lines after the last chunk. */
      readonly trailer: string;
    };

/** A request in HTTP syntax; its content may be invalid. */
export type FuzzRequest = {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly framing: Framing;
};

/** Encodes a request for the wire. */
export const writeRequest = (request: FuzzRequest): string => writeHead(request) + writeBody(request);

/** Encodes everything before the body. */
export const writeHead = ({ method, target, version, headers, body, framing }: FuzzRequest): string => {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  if (framing.kind === 'length') lines.push(`Content-Length: ${body.length}`);
  if (framing.kind === 'chunks') lines.push('Transfer-Encoding: chunked');
  return [`${method} ${target} ${version}`, ...lines, '', ''].join('\r\n');
};

const writeBody = ({ body, framing }: FuzzRequest): string => {
  if (framing.kind !== 'chunks') return framing.kind === 'none' ? '' : body;
  const ends = [...framing.cuts.map((part) => Math.round(part * body.length)), body.length].toSorted((a, b) => a - b);
  let start = 0;
  let written = '';
  for (const end of ends) {
    // An empty chunk would end the body.
    if (end > start) written += `${(end - start).toString(16)}${framing.extension}\r\n${body.slice(start, end)}\r\n`;
    start = end;
  }
  return `${written}0\r\n${framing.trailer}\r\n`;
};

/** Returns all values of a header by its lower-case name. */
export const headerValues = ({ headers }: Pick<FuzzRequest, 'headers'>, name: string): string[] =>
  headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value.trim());
