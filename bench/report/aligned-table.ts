/** Formats a table in Markdown whose columns are aligned, as in the documents. */
export const formatAligned = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...all.map((cells) => (cells[column] ?? '').length)));
  const format = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [format(head), format(widths.map((width) => '-'.repeat(width))), ...rows.map(format)].join('\n');
};
