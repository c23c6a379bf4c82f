// Parses JSON (RFC 8259) without JSON.parse, which loses the text of numbers and all but the last
// of members with the same name.

/** A JSON value. A number is its text. */
export type Json = null | boolean | string | Digits | readonly Json[] | Members;

type Digits = { readonly digits: string };
type Members = ReadonlyMap<string, Json>;

/** True for a number. */
export const isDigits = (value: Json): value is Digits =>
  typeof value === 'object' && value !== null && 'digits' in value;

/** True for an object. */
export const isMembers = (value: Json): value is Members => value instanceof Map;

/** A place in a value: names of members and indices, from the outside. */
export type Path = readonly string[];

type Parsed = { readonly value: Json; readonly repeated: readonly Path[] };

// Deeper text is refused in any case. The stack has room for this.
const maxDepth = 200;

const plain = String.raw`[^"\\\0-\x1f]*`;
const string = String.raw`"(${plain}(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})${plain})*)"`;
const number = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const token = new RegExp(String.raw`[ \t\r\n]*(?:([{}[\],:]|true|false|null)|(${number})|${string})`, 'y');
const end = /[ \t\r\n]*$/y;

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

const unescape = (text: string): string =>
  text.replaceAll(/\\(?:u.{4}|.)/g, (escape) =>
    escape.length === 2
      ? (escapes[escape.charAt(1)] ?? escape.charAt(1))
      : String.fromCharCode(Number.parseInt(escape.slice(2), 16)),
  );

/**
 * Parses a text. Returns its value and the places of members whose name their object has before,
 * `undefined` when it is no JSON, or `too deep` for more than 200 levels, whatever follows.
 */
export const parseJson = (text: string): Parsed | 'too deep' | undefined => {
  const repeated: Path[] = [];
  let at = 0;

  /** Returns a character of the syntax or a literal, or the value of a number or a string. */
  const next = (): { readonly mark: string } | { readonly value: Json } => {
    token.lastIndex = at;
    const [all, mark, digits, characters] = token.exec(text) ?? [];
    if (all === undefined) throw new SyntaxError(`No JSON at ${at}`);
    at += all.length;
    if (mark !== undefined) return { mark };
    return { value: digits === undefined ? unescape(characters ?? '') : { digits } };
  };

  const fail = (): never => {
    throw new SyntaxError(`Another token at ${at}`);
  };

  const read = (path: Path, first = next()): Json => {
    if ('value' in first) return first.value;
    if (path.length > maxDepth) throw new RangeError(`More than ${maxDepth} levels`);
    switch (first.mark) {
      case 'null':
        return null;
      case 'true':
      case 'false':
        return first.mark === 'true';
      case '[':
        return readList(path);
      case '{':
        return readObject(path);
      default:
        return fail();
    }
  };

  const readList = (path: Path): Json[] => {
    const items: Json[] = [];
    let first = next();
    if (isMark(first, ']')) return items;
    for (;;) {
      items.push(read([...path, String(items.length)], first));
      const behind = next();
      if (isMark(behind, ']')) return items;
      if (!isMark(behind, ',')) return fail();
      first = next();
    }
  };

  const readObject = (path: Path): Map<string, Json> => {
    const members = new Map<string, Json>();
    let first = next();
    if (isMark(first, '}')) return members;
    for (;;) {
      if (!('value' in first) || typeof first.value !== 'string' || !isMark(next(), ':')) return fail();
      const place = [...path, first.value];
      if (members.has(first.value)) repeated.push(place);
      members.set(first.value, read(place));
      const behind = next();
      if (isMark(behind, '}')) return members;
      if (!isMark(behind, ',')) return fail();
      first = next();
    }
  };

  try {
    const value = read([]);
    end.lastIndex = at;
    return end.test(text) ? { value, repeated } : undefined;
  } catch (error) {
    if (error instanceof RangeError) return 'too deep';
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const isMark = (found: { readonly mark: string } | { readonly value: Json }, mark: string): boolean =>
  'mark' in found && found.mark === mark;
