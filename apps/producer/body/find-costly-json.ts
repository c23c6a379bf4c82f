import { maxCountsPerRequest } from '@sluice/contract/routes.ts';
import type { ProblemContent } from '../http/problem-answer.ts';

/**
 * Finds the problem of a large JSON body, or of its beginning, without parsing it. A megabyte of
 * small members takes far longer to parse than one of numbers, and blocks the event loop. Every
 * valid body of that size is `{"counts":[…]}` with only numbers in the list. Not for small bodies:
 * they cost little, and the error of the schema is more exact.
 */
export const findCostlyJson = (text: string): ProblemContent | undefined => {
  const list = text.indexOf('[');
  const inList = list === -1 ? -1 : findFirst(text, ['"', '{', '['], list + 1);
  // A valid body has one name.
  const at = inList === -1 ? findNth(text, '"', 3) : inList;
  if (at !== -1) {
    return problemAt('#', `must be a list of integers; character ${at + 1} starts something else`);
  }
  if (findNth(text, ',', maxCountsPerRequest) === -1) return undefined;
  return problemAt('#/counts', `must have at most ${maxCountsPerRequest} counts`);
};

const findFirst = (text: string, characters: readonly string[], from: number): number => {
  const places = characters.map((character) => text.indexOf(character, from)).filter((place) => place !== -1);
  return places.length === 0 ? -1 : Math.min(...places);
};

const findNth = (text: string, character: string, nth: number): number => {
  let at = -1;
  for (let count = 0; count < nth; count += 1) {
    at = text.indexOf(character, at + 1);
    if (at === -1) return -1;
  }
  return at;
};

const problemAt = (pointer: string, detail: string): ProblemContent => ({
  status: 400,
  code: 'invalid_request',
  detail: `The body is invalid: ${pointer} ${detail}.`,
  errors: [{ pointer, detail }],
});
