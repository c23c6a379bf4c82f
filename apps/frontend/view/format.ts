import { locale } from '../language.ts';

// In the browser's language. Each is made once: that costs more than its use.
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' });
const clockWithMs = new Intl.DateTimeFormat(locale, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  // Without the half of the day, for which a table of a phone has no room.
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
// Without the half of the day, for which an axis has no room.
const hourAndMinute = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** What stands where nothing is known. */
export const unknownFigure = '–';

/** `12,345`, in the browser's way of writing; {@link unknownFigure} for what is not known. */
export const formatCount = (value: number | null | undefined): string =>
  value === null || value === undefined ? unknownFigure : whole.format(value);

/** `12K`: where there is little room. */
export const formatShort = (value: number): string => short.format(value);

/** A time of waiting: `850 ms`, `12.3 s`, `4 min`, `2.5 h`. */
export const formatDuration = (ms: number | null | undefined): string => {
  if (ms === null || ms === undefined) return unknownFigure;
  if (ms < 1_000) return `${whole.format(ms)} ms`;
  if (ms < 100_000) return `${oneDigit.format(ms / 1_000)} s`;
  if (ms < 5_400_000) return `${whole.format(ms / 60_000)} min`;
  return `${oneDigit.format(ms / 3_600_000)} h`;
};

/** A time of day from ms since 1970. */
export const formatClock = (ms: number): string => clock.format(ms);

/** A time of day to the millisecond, `14:05:09.123`, from an ISO 8601 text. */
export const formatClockWithMs = (iso: string): string => formatDate(clockWithMs, iso);

/** A date, `Nov 26, 2026`, from an ISO 8601 text. */
export const formatDay = (iso: string): string => formatDate(day, iso);

const formatDate = (format: Intl.DateTimeFormat, iso: string): string => {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? unknownFigure : format.format(date);
};

/** `14:05`, from seconds since 1970. */
export const formatHourAndMinute = (seconds: number): string => hourAndMinute.format(seconds * 1000);
