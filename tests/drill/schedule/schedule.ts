import { parts, type Fault, type Parameters, type Part } from '../faults/fault.ts';
import { createRandom } from './random.ts';

/** A fault of a run. */
export type Planned = Parameters & {
  readonly kind: string;
  /** The time in s after the start of the load before which it does not begin. */
  readonly at: number;
};

type Settings = {
  readonly seed: number;
  readonly minutes: number;
  /** True for each kind once, with its first amount and its shortest time. */
  readonly isQuick: boolean;
};

// The load alone.
const calmSeconds = 5;

/**
 * Returns the faults of a run in the order of their beginnings. The seed determines it. Each kind
 * occurs at least once, if need be after the given time. A quick run has each kind once. No two
 * faults are in one part at a time.
 */
export const createSchedule = (faults: readonly Fault[], { seed, minutes, isQuick }: Settings): Planned[] => {
  const random = createRandom(seed);
  const endsAt = isQuick ? 0 : minutes * 60;
  const freeAt = new Map<Part, number>(parts.map((part) => [part, calmSeconds]));
  const bags = new Map<Part, Fault[]>(parts.map((part) => [part, []]));
  const isDue = new Set(faults);
  const planned: Planned[] = [];

  /** Draws each fault of a part once, in random order, and then again. */
  const draw = (part: Part): Fault => {
    const [fault, ...rest] = bags.get(part) ?? [];
    if (fault === undefined) {
      bags.set(part, random.shuffle(faults.filter((each) => each.parts[0] === part)));
      return draw(part);
    }
    bags.set(part, rest);
    return fault;
  };

  for (;;) {
    const open = [...freeAt].filter(([part, at]) => at < endsAt || [...isDue].some((due) => due.parts[0] === part));
    if (open.length === 0) return planned.toSorted((one, other) => one.at - other.at);
    const [part] = open.reduce((first, next) => (next[1] < first[1] ? next : first));
    const fault = draw(part);
    if ((freeAt.get(part) ?? 0) >= endsAt && !isDue.has(fault)) continue;
    isDue.delete(fault);
    const begin = Math.max(...fault.parts.map((each) => freeAt.get(each) ?? 0));
    const [low, high] = fault.seconds ?? [0, 0];
    const seconds = isQuick ? low : random.integer(low, high);
    const [usual = 0, ...others] = fault.amounts ?? [];
    const amount = isQuick ? usual : random.pick([usual, ...others]);
    planned.push({ at: begin, kind: fault.kind, target: random.pick(fault.targets), amount, seconds });
    const lasts = fault.overhead + seconds + amount * (fault.secondsPerAmount ?? 0);
    const pause = random.integer(5, 15) / 10;
    for (const each of fault.parts) freeAt.set(each, Math.round((begin + lasts + pause) * 10) / 10);
  }
};
