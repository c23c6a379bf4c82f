import { count } from '@sluice/contract/count.ts';
import { locale as browserLocale } from '../language.ts';

type Parsed = { readonly count: number } | { readonly problem: string };

/**
 * Parses a typed count, in every format that a page shows: group separators of the locale, a
 * typographic minus sign, digits of any script, and direction marks. Spaces are allowed everywhere.
 * An empty text is the current time, in seconds. `1.5` is refused if the dot is the decimal
 * separator, and `1,5` always.
 */
export const parseCount = (text: string, nowMs: number, locale = browserLocale): Parsed => {
  const typed = withoutGroups(withAsciiDigits(text.replaceAll(/[\s\p{Cf}]/gu, '')), locale).replace(minus, '-');
  if (typed === '') return { count: Math.floor(nowMs / 1000) };
  if (!/^[+-]?\d+$/.test(typed)) {
    return {
      problem: 'A count must be an integer: digits, with an optional minus sign and group separators.',
    };
  }
  const value = Number(typed);
  if (!count.safeParse(value).success) {
    return { problem: `A count must be between −${Number.MAX_SAFE_INTEGER} and ${Number.MAX_SAFE_INTEGER}.` };
  }
  // `-0` is 0 in JSON.
  return { count: value === 0 ? 0 : value };
};

// Hyphens, dashes and minus signs that keyboards, locales and word processors insert.
const minus = /^[\u2010-\u2014\u2212\uFE63\uFF0D]/;

/**
 * Replaces digits of any script by ASCII digits. The ten digits of a script are consecutive, from
 * zero. Those of two scripts may be adjacent.
 */
const withAsciiDigits = (text: string): string => text.replaceAll(/\p{Nd}/gu, valueOfDigit);

const valueOfDigit = (digit: string): string => {
  let zero = digit.codePointAt(0) ?? 0;
  const last = zero;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(zero - 1))) zero -= 1;
  return String((last - zero) % 10);
};

/** Removes separators between groups. The last group has three digits, others two or three. */
const withoutGroups = (text: string, locale: string | undefined): string => {
  const parts = new Intl.NumberFormat(locale).formatToParts(1_234_567);
  const own = parts.find(({ type }) => type === 'group')?.value ?? '';
  // Both apostrophes: a locale shows one, a keyboard has the other.
  for (const separator of [own, "'", '’', '_']) {
    const groups = text.split(separator);
    const [head = '', ...tail] = groups;
    const isGrouped =
      separator !== '' &&
      tail.length > 0 &&
      /^\D?\d{1,3}$/.test(head) &&
      tail.slice(0, -1).every((group) => /^\d{2,3}$/.test(group)) &&
      /^\d{3}$/.test(tail.at(-1) ?? '');
    if (isGrouped) return groups.join('');
  }
  return text;
};
