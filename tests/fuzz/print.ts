const longest = 2_000;

/**
 * Formats bytes as a JavaScript string: printable ASCII as it is, everything else escaped. Repeated
 * bytes become one byte and a number, and a long middle is omitted.
 */
export const print = (bytes: string): string => {
  const text = bytes.replace(/[^]/g, escape).replace(/(\\x..|[^\\])\1{30,}/g, shorten);
  if (text.length <= longest) return `"${text}"`;
  const half = longest / 2;
  return `"${text.slice(0, half)}" … "${text.slice(-half)}" (${bytes.length} bytes)`;
};

const shorten = (run: string): string => {
  const one = /^(?:\\x..|[^\\])/.exec(run)?.[0] ?? '';
  return `" + "${one}".repeat(${run.length / one.length}) + "`;
};

const escapes: Readonly<Record<string, string>> = {
  '\r': String.raw`\r`,
  '\n': String.raw`\n`,
  '\t': String.raw`\t`,
  '"': String.raw`\"`,
  '\\': String.raw`\\`,
};

const escape = (byte: string): string =>
  escapes[byte] ?? (/^[\x20-\x7e]?$/.test(byte) ? byte : `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
