import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import { connectTo } from '../hosts/connect.ts';
import { redirectPort, restoreTraffic } from '../hosts/network.ts';
import { untilDone } from '../system/until-done.ts';
import type { Fault, Scene } from './fault.ts';

const proxyPort = 7_000;

/** The answers of a server come late, through a proxy. `amount`: by so many ms. */
export const delay = (
  fault: Pick<Fault, 'kind' | 'parts' | 'targets' | 'amounts'> & {
    readonly port: number;
    /** Asks a server something. */
    readonly ask: (system: Scene['system'], address: string) => Promise<unknown>;
  },
): Fault => ({
  ...fault,
  seconds: [3, 6],
  overhead: 3,
  begin: async ({ system }, { target, amount }) => {
    const { host } = system.processOf(target);
    const args = [
      '--target',
      String(fault.port),
      '--delay-ms',
      String(amount),
      '--address',
      '0.0.0.0',
      '--port',
      String(proxyPort),
    ];
    const proxy = system.processOn(host, {
      name: `delay-${host.name}`,
      command: process.execPath,
      args: [join(repository, 'bench/delay-proxy/main.ts'), ...args],
      checkReady: () => connectTo(host.address, proxyPort),
    });
    await proxy.up();
    redirectPort(host, fault.port, proxyPort);
    const ms = await untilDone(async () => {
      const startedAt = performance.now();
      await fault.ask(system, host.address);
      return Math.round(performance.now() - startedAt);
    });
    if (ms < amount) throw new Error(`${host.name} answered after ${ms} ms, and not ${amount} ms late`);
    const heal = async () => {
      // It resets the connections through it. New ones must not go there any more.
      await proxy.down('SIGKILL');
      restoreTraffic(host);
      await system.untilWhole(target);
    };
    return { effect: `answers of ${host.name} are ${amount} ms late; one took ${ms} ms`, heal };
  },
});
