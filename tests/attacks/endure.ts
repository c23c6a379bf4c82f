import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import { startHealthyClients } from './healthy.ts';

/** A server that is attacked, or one behind it. */
export type Process = { readonly pid: number; readonly hasEnded: () => boolean };

type Endurance = {
  readonly shape: string;
  readonly port: number;
  /** The servers that must stay alive and release their memory. */
  readonly servers: readonly Process[];
};

const warmUpMs = 1_000;
const attackMs = 3_000;
const p99Ms = 1_000;
// Latency is compared with the baseline, since a busy machine is slow without an attack, too.
const timesBaseline = 20;
const recoverWithinMs = 60_000;
// Attacks may leave many counts in the queue.
const recordWithinMs = 120_000;
// The memory in KiB that may remain after an attack: heaps grow in steps.
const mayKeepKib = 65_536;
// The counts that the server acknowledged to healthy clients.
const acknowledged: number[] = [];

/**
 * Attacks a server next to three healthy clients. Asserts that none of their requests fails or is
 * slow, and that the servers release the memory of the attack.
 */
export const endure = async (t: TestContext, { shape, port, servers }: Endurance): Promise<void> => {
  const clients = startHealthyClients(port);
  try {
    await pause(warmUpMs);
    const before = clients.take();
    assert.deepEqual(before.failures, []);
    const memoryBefore = servers.map(residentKib);

    await attack(shape, port);
    const during = clients.take();
    const peak = servers.map(residentKib);
    t.diagnostic(
      `${during.requests} requests, p99 ${during.p99Ms.toFixed(0)} ms (${before.p99Ms.toFixed(0)} ms before); ` +
        `resident ${memoryBefore.join('/')} → ${peak.join('/')} KiB`,
    );
    assert.deepEqual(during.failures, []);
    assert.ok(during.requests > 0);
    assert.ok(during.p99Ms < Math.max(p99Ms, timesBaseline * before.p99Ms), `p99 was ${during.p99Ms} ms`);
    for (const server of servers) assert.ok(!server.hasEnded(), 'a server has ended');

    const isBack = () =>
      servers.every((server, index) => residentKib(server) < (memoryBefore[index] ?? 0) + mayKeepKib);
    await waitUntil(isBack, recoverWithinMs);
  } finally {
    await clients.stop();
    acknowledged.push(...clients.acknowledged);
  }
};

const attack = async (shape: string, port: number): Promise<void> => {
  const program = fileURLToPath(new URL('attacker.ts', import.meta.url));
  const args = ['--shape', shape, '--port', String(port), '--ms', String(attackMs)];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  await once(child, 'exit');
  assert.equal(child.exitCode, 0, 'the attacker failed');
};

/** Asserts that each count acknowledged to healthy clients is recorded exactly once. */
export const assertRecordedOnce = async (readCounts: () => Promise<readonly number[]>): Promise<void> => {
  const told = acknowledged.splice(0);
  assert.ok(told.length > 0);
  const isRecordedOnce = async () => {
    const times = Map.groupBy(await readCounts(), (count) => count);
    return told.every((count) => times.get(count)?.length === 1);
  };
  await waitUntil(isRecordedOnce, recordWithinMs);
};

const residentKib = ({ pid, hasEnded }: Process): number =>
  hasEnded() ? Number.NaN : Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
