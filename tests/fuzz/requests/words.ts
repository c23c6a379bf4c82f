/** Splits a text at blanks and line ends into words. `others` are those that contain or are blanks. */
export const words = (text: string, ...others: readonly string[]): [string, ...string[]] => {
  const [first = '', ...rest] = [...text.trim().split(/[ \n]+/), ...others];
  return [first, ...rest];
};
