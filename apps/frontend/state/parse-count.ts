import { count } from '@sluice/contract/count.ts';

/** What is typed as a count, or what is wrong with it. Spaces around and between digits are allowed; nothing typed is the time now. */
export const parseCount = (text: string, nowMs: number): { readonly count: number } | { readonly fault: string } => {
  const digits = text.replaceAll(/\s/g, '');
  if (digits === '') return { count: Math.floor(nowMs / 1000) };
  if (!/^[+-]?\d+$/.test(digits))
    return { fault: 'A count is an integer: digits, with a minus sign where it is negative.' };
  const value = Number(digits);
  if (!count.safeParse(value).success) {
    return { fault: `A count is between −${Number.MAX_SAFE_INTEGER} and ${Number.MAX_SAFE_INTEGER}.` };
  }
  // `-0` is 0 in JSON.
  return { count: value === 0 ? 0 : value };
};
