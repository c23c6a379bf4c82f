// Frames of libraries and of Node.js are not code that a user wrote.
const library = /[/\\]node_modules[/\\]|^node:/;

/**
 * Returns the first place of code in the lines of a stack, `…/tables/page-view.ts:5`; or undefined if
 * there is none outside of libraries and of the files to `skip`.
 */
export const placeIn = (lines: readonly string[], skip: readonly string[] = []): string | undefined => {
  for (const line of lines) {
    const [, file, number] = /^(?:.*[\s(])?((?:file:\/\/)?\/[^()]*?):(\d+)(?::\d+)?\)?$/.exec(line) ?? [];
    if (file === undefined || library.test(file) || skip.includes(file)) continue;
    return `${file.replace(/^file:\/\//, '')}:${number}`;
  }
  return undefined;
};
