// Parses the bodies that the contract accepts, without JSON.parse: each kind is a regular language.
// Bodies that are not UTF-8 never match, since the patterns allow only ASCII.

const blank = String.raw`[ \t\r\n]*`;
const number = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;

/** Builds the pattern of a JSON name, with each letter plain or escaped. */
const nameOf = (name: string): string =>
  `"${name
    .split('')
    .map((letter) => `(?:${letter}|\\\\u00${hexOf(letter)})`)
    .join('')}"`;

const hexOf = (letter: string): string =>
  letter
    .charCodeAt(0)
    .toString(16)
    .split('')
    .map((digit) => `[${digit}${digit.toUpperCase()}]`)
    .join('');

const aroundMember = (name: string, value: string): RegExp =>
  new RegExp(`^(?:\xef\xbb\xbf)?${blank}\\{${blank}${nameOf(name)}${blank}:${blank}${value}${blank}\\}${blank}$`);

const oneCount = aroundMember('count', `(${number})`);
const listOfCounts = aroundMember('counts', String.raw`\[([^\]]*)\]`);
const element = new RegExp(`^${blank}(${number})${blank}$`);
const line = new RegExp(String.raw`^[ \t\r]*(${number})[ \t\r]*$`);

const maxCounts = 10_000;

/** Returns the counts of a POST /count body, or `undefined` when the body is invalid. */
export const readOneCount = (body: string): number[] | undefined => toCounts([oneCount.exec(body)?.[1]]);

/** Returns the counts of a JSON body of POST /counts, or `undefined` when the body is invalid. */
export const readCounts = (body: string): number[] | undefined =>
  toCounts(
    listOfCounts
      .exec(body)?.[1]
      ?.split(',')
      .map((text) => element.exec(text)?.[1]) ?? [],
  );

/** Returns the counts of an NDJSON body, or `undefined` when the body is invalid. */
export const readLines = (body: string): number[] | undefined =>
  toCounts(
    body
      .replace(/^\xef\xbb\xbf/, '')
      .replace(/[ \t\r\n]*$/, '')
      .split('\n')
      .map((text) => line.exec(text)?.[1]),
  );

const toCounts = (texts: readonly (string | undefined)[]): number[] | undefined => {
  if (texts.length === 0 || texts.length > maxCounts) return undefined;
  const counts = texts.map(Number);
  return counts.every(Number.isSafeInteger) ? counts : undefined;
};
