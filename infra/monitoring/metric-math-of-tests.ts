/** Points of a metric, one a minute, the oldest first. A minute without a point is undefined. */
export type Series = readonly (number | undefined)[];
type Value = number | 'REPEAT' | Series | readonly Series[];
type Operator = (one: number, other: number) => number;

/** The operators from the loosest to the tightest. */
const operators: readonly Readonly<Record<string, Operator>>[] = [
  { OR: (one, other) => Number(one !== 0 || other !== 0) },
  { AND: (one, other) => Number(one !== 0 && other !== 0) },
  {
    '==': (one, other) => Number(one === other),
    '<': (one, other) => Number(one < other),
    '>': (one, other) => Number(one > other),
  },
  { '+': (one, other) => one + other, '-': (one, other) => one - other },
];

/**
 * Evaluates an expression of metric math, as far as the alarms use it, over series of equal length.
 * Missing points are as in AWS's guide ("Using math expressions with CloudWatch metrics"): an
 * operator between two series takes a missing point for 0 if the other series has one, and IF
 * returns no point where its condition has none. The guide does not say two things: here MAX ignores
 * missing points, and FILL fills a series that has no point at all.
 */
export const evaluateExpression = (expression: string, seriesOf: (id: string) => Series): Series => {
  const tokens = expression.match(/[=<>]=|\w+|\S/g) ?? [];

  const expect = (token: string): void => {
    const found = tokens.shift();
    if (found !== token) throw new Error(`${expression}: ${token} expected, not ${found ?? 'the end'}`);
  };

  const listUntil = (end: string): Value[] => {
    const values = [binary(0)];
    while (tokens[0] === ',') {
      tokens.shift();
      values.push(binary(0));
    }
    expect(end);
    return values;
  };

  const operand = (): Value => {
    const token = tokens.shift() ?? '';
    if (token === '(') {
      const [value = 0] = listUntil(')');
      return value;
    }
    if (token === '[') return listUntil(']').map(toSeries);
    if (token === 'REPEAT') return token;
    if (/^\d/.test(token)) return Number(token);
    if (tokens[0] !== '(') return seriesOf(token);
    tokens.shift();
    const call = functions[token];
    if (call === undefined) throw new Error(`${expression}: the function ${token} is unknown`);
    return call(...listUntil(')'));
  };

  const binary = (level: number): Value => {
    const own = operators[level];
    if (own === undefined) return operand();
    let value = binary(level + 1);
    for (let operate = own[tokens[0] ?? '']; operate !== undefined; operate = own[tokens[0] ?? '']) {
      tokens.shift();
      value = combine(operate, value, binary(level + 1));
    }
    return value;
  };

  const result = toSeries(binary(0));
  if (tokens.length > 0) throw new Error(`${expression}: ${tokens[0]} was not expected`);
  return result;
};

const isSeries = (value: Value | undefined): value is Series =>
  Array.isArray(value) && !value.some((each) => Array.isArray(each));

const toSeries = (value: Value | undefined): Series => {
  if (!isSeries(value)) throw new Error('an expression needs a series here');
  return value;
};

const pointOf = (value: Value | undefined, minute: number): number | undefined =>
  typeof value === 'number' ? value : toSeries(value)[minute];

const combine = (operate: Operator, one: Value, other: Value): Series => {
  const isPair = isSeries(one) && isSeries(other);
  return toSeries(isSeries(one) ? one : other).map((_point, minute) => {
    const points = [pointOf(one, minute), pointOf(other, minute)];
    const isMissing = isPair ? points.every((point) => point === undefined) : points.includes(undefined);
    return isMissing ? undefined : operate(points[0] ?? 0, points[1] ?? 0);
  });
};

const functions: Readonly<Record<string, (...values: readonly Value[]) => Series>> = {
  FILL: (value, filler) => {
    let last: number | undefined;
    return toSeries(value).map((point) => {
      last = point ?? last;
      return point ?? (filler === 'REPEAT' ? last : pointOf(filler, 0));
    });
  },
  IF: (condition, whenTrue, whenFalse) =>
    toSeries(condition).map((point, minute) => {
      if (point === undefined) return undefined;
      return point === 0 ? pointOf(whenFalse, minute) : (pointOf(whenTrue, minute) ?? 0);
    }),
  MAX: (list) => {
    const all = Array.isArray(list) ? list.map(toSeries) : [];
    return (all[0] ?? []).map((_point, minute) => {
      const points = all.flatMap((series) => series[minute] ?? []);
      return points.length === 0 ? undefined : Math.max(...points);
    });
  },
};
