import * as fc from 'fast-check';
import { attack, bytesOf, type Attack } from './attacks.ts';
import { createAttacker, type Attacker } from './attacker.ts';
import type { Books } from './books.ts';
import { print } from './print.ts';

/** The producer under attack. */
export type Target = {
  readonly port: number;
  /** Restarts the producer if it has died, so that shrinking can continue. */
  readonly revive: () => Promise<void>;
};

/**
 * Attacks drawn from a seed: the same seed draws the same attacks. `path` selects one of them, from
 * which shrinking continues.
 */
export type Draw = { readonly seed: number; readonly path?: string | undefined };

const shrinkWithinMs = 30_000;

/**
 * Runs `attacks` attacks on each of several parallel connections, until one fails. It then repeats
 * the suspects one by one and shrinks them. Returns statistics. Throws with the smallest failing
 * attack and the command that repeats it.
 */
export const attackAll = async (
  target: Target,
  books: Books,
  { seed, lanes, attacks }: { seed: number; lanes: number; attacks: number },
): Promise<{ sent: number; statuses: Map<number, number> }> => {
  const attackers: Attacker[] = [];
  const reports: string[] = [];
  const suspects: Draw[] = [];

  const runLane = async (lane: number) => {
    const attacker = createAttacker(target.port, books);
    attackers.push(attacker);
    let started = 0;
    const property = fc.asyncProperty(attack, async (its) => {
      // Another lane has failed, and its failure is examined first.
      if (reports.length > 0) return;
      started += 1;
      await attacker.run(its);
    });
    const details = await fc.check(property, { seed: seed + lane, numRuns: attacks, endOnFailure: true });
    attacker.close();
    if (details.failed) reports.push(describe(details));
    // The cause may be an attack of another lane, or the one before.
    for (const run of [started - 1, started - 2]) if (run >= 0) suspects.push({ seed: seed + lane, path: String(run) });
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => runLane(lane)));
  if (reports.length === 0) return summarize(attackers);

  // oxlint-disable-next-line no-await-in-loop -- one after the other, without any other
  for (const suspect of suspects) await attackAlone(target, books, suspect);
  throw new Error(`Nothing of this fails alone:\n\n${reports.join('\n\n')}`);
};

/** Runs one attack. Throws with the smallest variant that fails. */
export const attackAlone = async (target: Target, books: Books, draw: Draw): Promise<void> => {
  const giveUpAt = performance.now() + shrinkWithinMs;
  const property = fc.asyncProperty(attack, async (its) => {
    // After the time limit, untested variants pass, and the smallest failing one so far remains.
    if (performance.now() > giveUpAt) return;
    await target.revive();
    const attacker = createAttacker(target.port, books);
    try {
      await attacker.run(its);
      // The attack may have done damage after its answer.
      await attacker.run(question);
    } finally {
      attacker.close();
    }
  });
  const { seed, path = '' } = draw;
  const details = await fc.check(property, { seed, path, numRuns: 1 });
  await target.revive();
  if (details.failed) throw new Error(describe(details));
};

const question: Attack = {
  kind: 'requests',
  requests: [
    {
      method: 'GET',
      target: '/health',
      version: 'HTTP/1.1',
      headers: [['Host', 'sluice']],
      body: '',
      framing: { kind: 'none' },
    },
  ],
};

const describe = (details: fc.RunDetails<[Attack]>): string => {
  const { seed, counterexamplePath, counterexample, numShrinks, errorInstance } = details;
  const [its] = counterexample ?? [];
  const reason = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  return [
    `An attack (${its?.kind ?? 'none'}) succeeds, made smaller ${numShrinks} times. ${reason}`,
    `all of it: ${its === undefined ? '' : print(bytesOf(its))}`,
    `again:     HOSTILE_SEED=${seed} HOSTILE_PATH=${String(counterexamplePath)} npm test -- tests/fuzz/fuzz.test.ts`,
  ].join('\n');
};

const summarize = (attackers: readonly Attacker[]) => {
  const statuses = new Map<number, number>();
  for (const attacker of attackers) {
    for (const [status, times] of attacker.statuses) statuses.set(status, (statuses.get(status) ?? 0) + times);
  }
  return { sent: attackers.reduce((sum, attacker) => sum + attacker.sent(), 0), statuses };
};
