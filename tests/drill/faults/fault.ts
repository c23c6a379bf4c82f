import type { Client } from '../client/client.ts';
import type { System } from '../system/system.ts';

/**
 * The parts of the system in which at most one fault is at a time. Faults in different parts may
 * overlap.
 */
export const parts = ['front', 'consumers', 'queue', 'database'] as const;

export type Part = (typeof parts)[number];

/** The system, and the client that loads it. */
export type Scene = { readonly system: System; readonly client: Pick<Client, 'countAnswers'> };

/** The part of a fault that a schedule decides. */
export type Parameters = {
  /** The name of a process, a zone, or a part. */
  readonly target: string;
  /** Percent, ms or s; its meaning is the fault's own. */
  readonly amount: number;
  /** The time in s from its effect to its end. */
  readonly seconds: number;
};

/** A fault that has taken effect. */
export type Begun = {
  /** The effect that was observed. */
  readonly effect: string;
  /** Ends the fault. Resolves when the part is whole again. */
  readonly heal: () => Promise<void>;
};

/** A kind of fault. */
export type Fault = {
  /** Such as `kill redis`. No two have the same. */
  readonly kind: string;
  /** The parts in which no other fault may be meanwhile. The first one schedules it. */
  readonly parts: readonly [Part, ...Part[]];
  readonly targets: readonly string[];
  /** The amounts to choose from. A quick run takes the first. */
  readonly amounts?: readonly number[];
  /** The range of its length in s. Without it, it ends at once. */
  readonly seconds?: readonly [low: number, high: number];
  /** The usual time in s that the fault takes to begin and to heal, for the plan. */
  readonly overhead: number;
  /** The time in s that each unit of the amount adds to that. */
  readonly secondsPerAmount?: number;
  /** Causes the fault. Resolves when its effect was observed, and throws if there is none. */
  readonly begin: (scene: Scene, parameters: Parameters) => Promise<Begun>;
};
