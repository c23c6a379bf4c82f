const pattern =
  /^(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):([0-5]\d):([0-5]\d\.\d{3})(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/**
 * Returns the same text for the same moment, from `2026-11-26T05:00:00.123+01:00`; or `undefined`
 * for a time that does not exist or is not in the years 1000 to 9999 of UTC.
 */
export const formOfTime = (text: string): string | undefined => {
  const [all, year, month, day, hour, minute, second, sign, offsetHours = 0, offsetMinutes = 0] =
    pattern.exec(text) ?? [];
  if (all === undefined || Number(day) > daysOf(Number(year), Number(month))) return undefined;
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * (sign === '-' ? -1 : 1);
  const minutes = Number(hour) * 60 + Number(minute) - offset;
  const days = daysBefore(Number(year), Number(month)) + Number(day) + Math.floor(minutes / 1_440);
  if (days <= daysBefore(1_000, 1) || days > daysBefore(10_000, 1)) return undefined;
  return `"${days} ${String(((minutes % 1_440) + 1_440) % 1_440).padStart(4, '0')} ${second}"`;
};

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

const daysOf = (year: number, month: number): number => {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
};

/** Returns the number of days before a month, in the calendar that has no first year. */
const daysBefore = (year: number, month: number): number => {
  const past = year - 1;
  let days = past * 365 + Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
  for (let before = 1; before < month; before++) days += daysOf(year, before);
  return days;
};
