import { setTimeout as pause } from 'node:timers/promises';
import { parts, type Fault, type Part, type Scene } from '../faults/fault.ts';
import type { Planned } from './schedule.ts';

/** The course of a planned fault. Times are in ms since the start of the load. */
export type Happened = Planned & {
  readonly begunAt: number;
  /** Undefined if the fault took no effect. */
  readonly effectAt?: number;
  readonly healingAt?: number;
  readonly healedAt?: number;
  readonly effect?: string;
  /** The reason if it took no effect, or if the part did not become whole again. */
  readonly error?: string;
};

type Settings = {
  readonly scene: Scene;
  readonly faultOf: (kind: string) => Fault;
  readonly now: () => number;
  readonly onEnd: (happened: Happened) => void;
};

/**
 * Causes the faults of a schedule. A fault begins at its time, but not before the former fault in its
 * parts is over. Resolves when all are over.
 */
export const runSchedule = async (
  planned: readonly Planned[],
  { scene, faultOf, now, onEnd }: Settings,
): Promise<Happened[]> => {
  const free = new Map<Part, Promise<unknown>>(parts.map((part) => [part, Promise.resolve()]));

  const run = async (plan: Planned, before: readonly Promise<unknown>[]): Promise<Happened> => {
    await Promise.all(before);
    await pause(Math.max(0, plan.at * 1_000 - now()));
    const happened = await cause(plan, faultOf(plan.kind), scene, now);
    onEnd(happened);
    return happened;
  };

  const running = planned.map((plan) => {
    const fault = faultOf(plan.kind);
    const ended = run(
      plan,
      fault.parts.flatMap((part) => free.get(part) ?? []),
    );
    for (const part of fault.parts) free.set(part, ended);
    return ended;
  });
  return Promise.all(running);
};

const cause = async (plan: Planned, fault: Fault, scene: Scene, now: () => number): Promise<Happened> => {
  const begunAt = now();
  try {
    const { effect, heal } = await fault.begin(scene, plan);
    const effectAt = now();
    await pause(plan.seconds * 1_000);
    const healingAt = now();
    try {
      await heal();
      return { ...plan, begunAt, effectAt, healingAt, healedAt: now(), effect };
    } catch (error) {
      return { ...plan, begunAt, effectAt, healingAt, effect, error: `it did not heal: ${messageOf(error)}` };
    }
  } catch (error) {
    return { ...plan, begunAt, error: `it took no effect: ${messageOf(error)}` };
  }
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
