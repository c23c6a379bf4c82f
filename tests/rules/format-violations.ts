const settings = "export const settings = {\n  name: 'one',\n};\n";

const wide = (columns: number): string => {
  const [start, end] = ["export const wide = String.raw('a', '", "');\n"] as const;
  return start + 'b'.repeat(columns + 1 - start.length - end.length) + end;
};

/** Files, by path, that are as the formatter wants them, or none of its business. */
export const tidy: Readonly<Record<string, string>> = {
  'apps/producer/tidy.ts': settings + wide(120),
  'tidy.md': '| a | b |\n|--|--|\n|  one | two |\n',
  'package-lock.json': '{"name":"sluice","lockfileVersion":3}',
};

/** What is untidy, and such a file. */
export const untidy: Readonly<Record<string, string>> = {
  'double quotes': settings.replaceAll("'", '"'),
  'a missing semicolon': settings.replace(';', ''),
  'a missing last comma': settings.replace(',', ''),
  'a line of 121 columns': wide(121),
};
