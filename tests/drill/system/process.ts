import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Part } from '@sluice/local/processes/supervise.ts';
import { plainEnvironment } from '@sluice/bench/parts/service.ts';
import { waitUntil } from '@sluice/test-servers/wait.ts';
import type { Host } from '../hosts/hosts.ts';
import { withoutPriority } from '../hosts/isolate.ts';
import { enter } from '../hosts/network.ts';
import { untilDone } from './until-done.ts';

/** A process on a host that is started again when it ends, as a platform does. */
export type Process = {
  readonly name: string;
  readonly host: Host;
  /** Starts it and keeps it up. Resolves when it is ready. */
  readonly up: () => Promise<void>;
  /** Ends it and keeps it down. Resolves when it has ended. */
  readonly down: (signal: NodeJS.Signals) => Promise<Ending>;
  /** Kills it once (SIGKILL). Resolves with the id of the process when that is gone. */
  readonly kill: () => Promise<number>;
  /** Stops it in the middle of whatever it does (SIGSTOP). Resolves when it has stopped. */
  readonly freeze: () => Promise<void>;
  readonly resume: () => void;
  readonly isRunning: () => boolean;
  /** Resolves when it is ready, also after an end of its own. */
  readonly untilReady: () => Promise<void>;
};

/** Creates the process of a part on a host, without starting it. */
export type ProcessCreator = (host: Host, part: Part) => Process;

export type Ending = { readonly how: string; readonly ms: number };

type Settings = {
  readonly part: Part;
  readonly host: Host;
  /** The file of its output. */
  readonly log: string;
  /** Called when it ends and nobody asked for that. */
  readonly onEnd: (how: string) => void;
};

const restartAfterMs = 1_000;

export const createProcess = ({ part, host, log, onEnd }: Settings): Process => {
  let child: ChildProcess | undefined;
  let launching: Promise<void> | undefined;
  let isWanted = false;
  let isEnding = false;

  const launch = async () => {
    await part.prepare?.();
    const [program = '', ...args] = [...withoutPriority, ...enter(host), part.command, ...part.args];
    const output = openSync(log, 'a');
    child = spawn(program, args, {
      env: { ...plainEnvironment(), ...part.env },
      ...(part.cwd === undefined ? {} : { cwd: part.cwd }),
      stdio: [part.input === undefined ? 'ignore' : 'pipe', output, output],
      detached: true,
    });
    closeSync(output);
    isEnding = false;
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(part.input);
    child.once('exit', (code, signal) => {
      child = undefined;
      if (!isEnding) onEnd(signal ?? `exit ${code}`);
      relaunchLater();
    });
  };

  const launchOnce = (): Promise<void> => {
    if (child !== undefined) return Promise.resolve();
    launching ??= launch().finally(() => {
      launching = undefined;
    });
    return launching;
  };

  const relaunchLater = () => {
    setTimeout(() => {
      if (isWanted) launchOnce().catch(relaunchLater);
    }, restartAfterMs);
  };

  const untilReady = () =>
    untilDone(async () => {
      if (child === undefined) throw new Error(`${part.name} does not run`);
      await part.checkReady([]);
    });

  const up = async () => {
    isWanted = true;
    await launchOnce();
    await untilReady();
  };

  const end = async (signal: NodeJS.Signals): Promise<Ending> => {
    const ending = child;
    if (ending === undefined) return { how: 'was not running', ms: 0 };
    isEnding = true;
    const startedAt = performance.now();
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
    return { how: ending.signalCode ?? `exit ${ending.exitCode}`, ms: performance.now() - startedAt };
  };

  const down: Process['down'] = (signal) => {
    isWanted = false;
    return end(signal);
  };

  const kill = async () => {
    const pid = Number(child?.pid);
    await end('SIGKILL');
    return pid;
  };

  const freeze = async () => {
    const pid = child?.pid;
    child?.kill('SIGSTOP');
    await waitUntil(() => /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
  };

  return {
    name: part.name,
    host,
    up,
    down,
    kill,
    freeze,
    resume: () => void child?.kill('SIGCONT'),
    isRunning: () => child !== undefined,
    untilReady,
  };
};
