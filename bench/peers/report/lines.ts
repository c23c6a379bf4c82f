import { readFileSync } from 'node:fs';

/** Counts the lines of files that are neither empty nor a comment. */
export const countLines = (files: readonly string[]): number =>
  files
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .filter((line) => line.trim() !== '' && !/^\s*(?:\/\/|#)/.test(line)).length;
