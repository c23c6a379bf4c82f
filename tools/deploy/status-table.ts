/** A line of the table: what it is of, how that is, what else there is to say, and whether that is well. */
export type Row = { readonly what: string; readonly is: string; readonly note: string; readonly isWell: boolean };

/** Rows as they are shown, one below the other; what is not well is marked. */
export const sayTable = (rows: readonly Row[]): string => {
  const widthOf = (column: 'what' | 'is') => Math.max(...rows.map((row) => row[column].length));
  const [whatWidth, isWidth] = [widthOf('what'), widthOf('is')];
  return rows
    .map(({ what, is, note, isWell }) =>
      `${isWell ? ' ' : '✗'} ${what.padEnd(whatWidth)}  ${is.padStart(isWidth)}  ${note}`.trimEnd(),
    )
    .join('\n');
};
