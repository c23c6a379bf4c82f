// No client can guess it, so none can have sent a name that begins as a marked one does.
const mark = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16)).join('');
let marks = 0;

/**
 * Parses JSON. JSON.parse of V8 reads a name with an escape as another name if it parsed that one
 * before, maybe for another client (https://github.com/nodejs/node/issues/63785): after
 * `{"\\":1}`, `{"\n":1}` has the name `\`. So each name with an escape gets a beginning that no
 * earlier name had, and loses it afterwards.
 *
 * @throws SyntaxError that of JSON.parse, with its places in `text`.
 */
export const parseJson = (text: string): unknown => {
  const value: unknown = JSON.parse(text);
  const marked = markNames(text);
  return marked === text ? value : removeMarks(JSON.parse(marked));
};

/** Marks each name with an escape in a valid JSON text, equal spellings with the same mark. */
const markNames = (text: string): string => {
  const markOf = new Map<string, string>();
  let marked = '';
  let copied = 0;
  for (let at = text.indexOf('\\'); at !== -1;) {
    // Valid JSON has a backslash only in a string, and this is the first one of its string.
    const start = text.lastIndexOf('"', at) + 1;
    const end = endOfString(text, start - 1);
    let next = end + 1;
    while (text.charCodeAt(next) <= 0x20) next += 1;
    if (text[next] === ':') {
      const spelling = text.slice(start, end);
      const own = markOf.get(spelling) ?? `${mark}${marks++}:`;
      markOf.set(spelling, own);
      marked += text.slice(copied, start) + own;
      copied = start;
    }
    at = text.indexOf('\\', next);
  }
  return copied === 0 ? text : marked + text.slice(copied);
};

/** Returns the place of the quotation mark that ends a string, in valid JSON. It begins at `start`. */
export const endOfString = (text: string, start: number): number => {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return end;
  }
};

/** Gives the objects in a value, which may be deeper than the stack, their own names. */
const removeMarks = (value: unknown): unknown => {
  const open = [value];
  while (open.length > 0) {
    const container = open.pop();
    if (typeof container !== 'object' || container === null) continue;
    const members = Object.entries(container);
    for (const [, item] of members) open.push(item);
    if (Array.isArray(container) || !members.some(([name]) => name.startsWith(mark))) continue;
    // All of them, since the order of names is part of the value.
    for (const [name] of members) Reflect.deleteProperty(container, name);
    for (const [name, item] of members) {
      const own = name.startsWith(mark) ? name.slice(name.indexOf(':') + 1) : name;
      Object.defineProperty(container, own, { value: item, configurable: true, enumerable: true, writable: true });
    }
  }
  return value;
};
