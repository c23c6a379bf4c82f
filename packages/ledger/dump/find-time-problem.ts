// The range of TIMESTAMP.
const earliestMs = Date.UTC(1970, 0, 1, 0, 0, 1);
const latestMs = Date.UTC(2038, 0, 19, 3, 14, 7, 999);

/** Describes the problem with a time in the right format that MySQL would not store as it is. */
export const findTimeProblem = (time: string): string | undefined => {
  if (time.startsWith('0000-00-00')) {
    return (
      'recorded_at is a zero date, which is not a time. Set a time at the source, then dump again: ' +
      "UPDATE `count` SET recorded_at = '1970-01-02 00:00:00' WHERE recorded_at = 0"
    );
  }
  const [seconds = '', fraction = ''] = time.split('.');
  const atSecond = new Date(`${seconds.replace(' ', 'T')}Z`);
  // `Date` turns a day or an hour that does not exist into an invalid or a different time.
  const isReal =
    !Number.isNaN(atSecond.getTime()) && atSecond.toISOString().slice(0, seconds.length) === seconds.replace(' ', 'T');
  const ms = atSecond.getTime() + Math.round(Number(`0.${fraction}0`) * 1_000);
  return isReal && ms >= earliestMs && ms <= latestMs
    ? undefined
    : 'recorded_at is not a time from 1970-01-01 00:00:01 to 2038-01-19 03:14:07.999, the range of a TIMESTAMP';
};
