import type { ColumnType } from './column-type.ts';
import { isObject } from './is-object.ts';
import { pointerOf } from './faults/pointer.ts';

/**
 * Maximum depth of a JSON value. MariaDB refuses more than 31 levels, and MySQL more than 100. The
 * value is itself in the list of a row, in the list of an entry.
 */
const maxJsonDepth = 24;

/** Maximum size of a name in a JSON value, in bytes. MySQL refuses longer ones. */
const maxNameBytes = 65_535;

/** `pointer` leads to the place in a value of JSON. */
type Fault = { readonly reason: string; readonly pointer?: string };

/**
 * Returns the JSON text of a value in the form that both servers read as the same value, or the
 * reason that there is none. The value matches the schema of its column.
 */
export const canonicalOf = (type: ColumnType, value: unknown): string | Fault => {
  switch (type.kind) {
    case 'boolean':
      return value === true ? '1' : '0';
    case 'integer':
      return Number.isSafeInteger(value)
        ? JSON.stringify(value)
        : { reason: 'must be an integer within ±9007199254740991' };
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : { reason: 'must be a finite number' };
    case 'datetime':
      return canonicalTime(String(value));
    case 'json':
      return faultOfJson(value, 1) ?? JSON.stringify(JSON.stringify(value));
    default:
      return canonicalText(String(value));
  }
};

const illFormed: Fault = { reason: 'has half of a surrogate pair, which is no character' };

const canonicalText = (value: string): string | Fault => (value.isWellFormed() ? JSON.stringify(value) : illFormed);

// The usual form: its text is cut in place of being read and written again.
const utcPattern = /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:[0-5]\d\.\d{3}Z$/;
const timePattern = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)$/i;

/** Converts a date-time with an offset to UTC: `2026-11-26 05:00:00.123`. */
const canonicalTime = (value: string): string | Fault => {
  if (utcPattern.test(value)) return `"${value.slice(0, 10)} ${value.slice(11, 23)}"`;
  const [, , , , , , , fraction = ''] = timePattern.exec(value) ?? [];
  if (!timePattern.test(value)) return { reason: 'must be a time with an offset, such as 2026-11-26T05:00:00.123Z' };
  if (fraction.length > 3) return { reason: 'must have at most 3 digits behind the second' };
  const time = new Date(value);
  const year = time.getUTCFullYear();
  if (!(year >= 1000 && year <= 9999)) return { reason: 'must be a time from the year 1000 to the year 9999, in UTC' };
  return JSON.stringify(time.toISOString().replace('T', ' ').replace('Z', ''));
};

const faultOfJson = (value: unknown, depth: number): Fault | undefined => {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : illFormed;
  if (typeof value === 'number') return faultOfNumber(value);
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > maxJsonDepth) return { reason: `is below ${maxJsonDepth} levels of lists and objects, the maximum` };
  if (Array.isArray(value)) return faultOfItems(value, depth);
  return isObject(value) ? faultOfMembers(value, depth) : undefined;
};

const faultOfItems = (items: readonly unknown[], depth: number): Fault | undefined => {
  for (let index = 0; index < items.length; index += 1) {
    const fault = faultOfJson(items[index], depth + 1);
    if (fault !== undefined) return within(`/${index}`, fault);
  }
  return undefined;
};

// Without Object.entries, which makes a list for each member.
const faultOfMembers = (members: Readonly<Record<string, unknown>>, depth: number): Fault | undefined => {
  for (const name of Object.keys(members)) {
    const ofName = faultOfName(name);
    if (ofName !== undefined) return ofName;
    const fault = faultOfJson(members[name], depth + 1);
    if (fault !== undefined) return within(pointerOf(name), fault);
  }
  return undefined;
};

const within = (part: string, { reason, pointer = '' }: Fault): Fault => ({ reason, pointer: `${part}${pointer}` });

const faultOfName = (name: string): Fault | undefined => {
  if (!name.isWellFormed()) return { reason: `has a name that ${illFormed.reason}` };
  const isLong = name.length * 3 > maxNameBytes && Buffer.byteLength(name) > maxNameBytes;
  return isLong ? { reason: `has a name of more than ${maxNameBytes} bytes` } : undefined;
};

/** JSON.parse has rounded an integer beyond ±(2^53−1) already. */
const faultOfNumber = (value: number): Fault | undefined => {
  if (!Number.isFinite(value)) return { reason: 'must be a finite number' };
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return { reason: 'is an integer beyond ±9007199254740991, whose digits would be lost; send it as text' };
  }
  return undefined;
};
