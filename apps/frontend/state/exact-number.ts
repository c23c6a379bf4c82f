const numberPattern = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i;

/** True if a double holds all digits of a number in JSON. One that is too large for a double has none to lose. */
export const isExact = (text: string): boolean => {
  const number = Number(text);
  return !Number.isFinite(number) || digitsOf(text) === digitsOf(String(number));
};

/** Returns the digits of a number without zeros at either end, and the power of ten of the last. */
const digitsOf = (text: string): string => {
  const [, whole = '', fraction = '', power = '0'] = numberPattern.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  return significant === ''
    ? '0'
    : `${significant}e${Number(power) - fraction.length + digits.length - significant.length}`;
};

/** Returns the numbers in the text of a JSON value. */
export const numbersOf = (json: string): readonly string[] =>
  json.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').match(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi) ?? [];
