import * as z from 'zod';
import { placeIn } from './place.ts';

/** A table as its file declares it. {@link readTables} checks it. */
export type Declaration = {
  readonly name: string;
  /** The columns, in the order of the declaration. */
  readonly shape: Readonly<Record<string, z.ZodType>>;
  /** The place of the declaration, `…/tables/page-view.ts:5`. */
  readonly place: string;
};

/**
 * Declares a table: its name and its columns, each with the schema of its values. A column may be:
 *
 * | schema | column in MySQL |
 * | --- | --- |
 * | `z.string().max(n)`, also with a pattern or a format | VARCHAR(n) |
 * | `z.enum([…])`, `z.literal('…')` | VARCHAR |
 * | `z.uuid()` | CHAR(36) |
 * | `z.int()` | BIGINT |
 * | `z.number()` | DOUBLE |
 * | `decimal(p, s)` | DECIMAL(p, s) |
 * | `z.boolean()` | BOOLEAN |
 * | `z.iso.datetime({ precision: 3 })`, also with `offset: true` | DATETIME(3) in UTC |
 * | `z.json()`, `z.object(…)`, `z.array(…)`, `z.record(…)` | JSON |
 *
 * `.optional()` or `.nullable()` makes the column NULL where a row does not have it. Rules such as `.min()`,
 * `.max()` and `.regex()` are checked for each row.
 */
export const defineTable = (name: string, shape: Readonly<Record<string, z.ZodType>>): Declaration => ({
  name,
  shape,
  // Behind the message and the frame of this function.
  place: placeIn(new Error().stack?.split('\n').slice(2) ?? []) ?? 'unknown',
});

/**
 * The schema of a DECIMAL: text with at most `digits` digits, of which `scale` are behind the
 * point. Text, because a JSON number is read as a double, which most decimal fractions are not.
 *
 * @param digits 1 to 65.
 * @param scale 0 to 30, at most `digits`.
 */
export const decimal = (digits: number, scale: number): z.ZodString => {
  const whole = digits - scale;
  const before = whole > 0 ? `(?:0|[1-9]\\d{0,${whole - 1}})` : '0';
  const behind = scale > 0 ? `(?:\\.\\d{1,${scale}})?` : '';
  return z
    .string()
    .regex(new RegExp(`^-?${before}${behind}$`))
    .meta({ format: 'decimal', digits, scale, description: `A decimal number, DECIMAL(${digits}, ${scale}).` });
};
