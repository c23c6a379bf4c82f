/** A row of the table: its subject, its state, a note, and true if the state is healthy. */
export type Row = { readonly what: string; readonly is: string; readonly note: string; readonly isWell: boolean };

/** Formats rows, one below the other. Marks those that are not well. */
export const formatTable = (rows: readonly Row[]): string => {
  const widthOf = (column: 'what' | 'is') => Math.max(...rows.map((row) => row[column].length));
  const [whatWidth, isWidth] = [widthOf('what'), widthOf('is')];
  return rows
    .map(({ what, is, note, isWell }) =>
      `${isWell ? ' ' : '✗'} ${what.padEnd(whatWidth)}  ${is.padStart(isWidth)}  ${note}`.trimEnd(),
    )
    .join('\n');
};
