import { locale } from '../language.ts';

// Formatters in the browser's language. Created once, because creation costs more than use.
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
const clockWithMs = new Intl.DateTimeFormat(locale, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  // No AM or PM: a table on a phone has no room for it.
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
// No AM or PM: an axis has no room for it.
const hourAndMinute = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** The placeholder for an unknown figure. */
export const unknownFigure = '–';

/** Formats `12,345` in the browser's locale. Returns {@link unknownFigure} if unknown. */
export const formatCount = (value: number | null | undefined): string =>
  value === null || value === undefined ? unknownFigure : whole.format(value);

/** Formats `12K`, for small spaces. */
export const formatShort = (value: number): string => short.format(value);

/** Formats a duration: `850 ms`, `12.3 s`, `4 min`, `2.5 h`. */
export const formatDuration = (ms: number | null | undefined): string => {
  if (ms === null || ms === undefined) return unknownFigure;
  if (ms < 1_000) return `${whole.format(ms)} ms`;
  if (ms < 100_000) return `${oneDigit.format(ms / 1_000)} s`;
  if (ms < 5_400_000) return `${whole.format(ms / 60_000)} min`;
  return `${oneDigit.format(ms / 3_600_000)} h`;
};

/** Formats ms since 1970 as a time of day. */
export const formatClock = (ms: number): string => clock.format(ms);

/** Formats an ISO 8601 text as a time of day with milliseconds, `14:05:09.123`. */
export const formatClockWithMs = (iso: string): string => formatDate(clockWithMs, iso);

/** Formats an ISO 8601 text as a date, `Nov 26, 2026`. */
export const formatDay = (iso: string): string => formatDate(day, iso);

const formatDate = (format: Intl.DateTimeFormat, iso: string): string => {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? unknownFigure : format.format(date);
};

/** Formats seconds since 1970 as `14:05`. */
export const formatHourAndMinute = (seconds: number): string => hourAndMinute.format(seconds * 1000);
