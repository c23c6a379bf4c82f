// Bytes are strings here, one character a byte (latin1): they print, compare and shrink well.

/** How the end of a body is told. `none`: not at all, and there is no body. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length' }
  | {
      readonly kind: 'chunks';
      /** Where the body is cut, as parts of it from 0 to 1. */
      readonly cuts: readonly number[];
      /** Behind each chunk's size. */
      readonly extension: string;
      /** Behind the last chunk: whole lines. */
      readonly trailer: string;
    };

/** A request as HTTP has it, whatever is wrong with what it says. */
export type HostileRequest = {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly framing: Framing;
};

/** The request as it goes over the wire. */
export const writeRequest = (request: HostileRequest): string => writeHead(request) + writeBody(request);

/** All before the body. */
export const writeHead = ({ method, target, version, headers, body, framing }: HostileRequest): string => {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  if (framing.kind === 'length') lines.push(`Content-Length: ${body.length}`);
  if (framing.kind === 'chunks') lines.push('Transfer-Encoding: chunked');
  return [`${method} ${target} ${version}`, ...lines, '', ''].join('\r\n');
};

const writeBody = ({ body, framing }: HostileRequest): string => {
  if (framing.kind !== 'chunks') return framing.kind === 'none' ? '' : body;
  const ends = [...framing.cuts.map((part) => Math.round(part * body.length)), body.length].toSorted((a, b) => a - b);
  let start = 0;
  let written = '';
  for (const end of ends) {
    // An empty chunk would be the last one.
    if (end > start) written += `${(end - start).toString(16)}${framing.extension}\r\n${body.slice(start, end)}\r\n`;
    start = end;
  }
  return `${written}0\r\n${framing.trailer}\r\n`;
};

/** The values that a header has, by its name in lower case. */
export const headerValues = ({ headers }: Pick<HostileRequest, 'headers'>, name: string): string[] =>
  headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value.trim());
