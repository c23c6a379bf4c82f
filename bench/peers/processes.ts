import { createSupervisor } from '@sluice/local/processes/supervise.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { Owner } from '../parts/owner.ts';
import type { Command, Place, Programs } from './peer.ts';

/** A process that starts again when it dies, as on a platform for containers. */
export type PeerProcess = {
  readonly pid: () => number | undefined;
  /** Kills the process and its children (SIGKILL). Resolves when a new one runs. */
  readonly kill: () => Promise<void>;
  readonly end: () => Promise<void>;
};

/** Starts the HTTP server of a peer. Resolves when it answers. */
export const startServer = (owner: Owner, { server }: Programs, place: Place): Promise<PeerProcess> => {
  const checkReady = async () => {
    const answer = await fetch(`http://127.0.0.1:${place.environment.PORT}/`);
    await answer.body?.cancel();
  };
  return startProcess(owner, server(place), place, checkReady);
};

/** Starts the worker of a peer. Resolves when its process runs. */
export const startWorker = async (owner: Owner, { worker }: Programs, place: Place): Promise<PeerProcess | undefined> =>
  worker === undefined ? undefined : startProcess(owner, worker(place), place, () => Promise.resolve());

const startProcess = async (
  owner: Owner,
  { command, args, env }: Command,
  { folder, environment }: Place,
  checkReady: () => Promise<void>,
): Promise<PeerProcess> => {
  const supervisor = createSupervisor({
    onLine: () => undefined,
    onDeath: () => undefined,
    onChange: () => undefined,
  });
  owner.after(supervisor.stop);
  await supervisor.start({ name: command, command, args, cwd: folder, env: { ...environment, ...env }, checkReady });
  const pid = () => supervisor.pids()[0];
  const kill = async () => {
    const killed = pid();
    if (killed === undefined) throw new Error(`${command} does not run`);
    // The supervisor starts each process as the leader of a group.
    process.kill(-killed, 'SIGKILL');
    await waitUntil(() => pid() !== undefined && pid() !== killed);
  };
  return { pid, kill, end: supervisor.stop };
};
