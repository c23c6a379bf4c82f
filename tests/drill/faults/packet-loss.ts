import { waitUntil } from '@sluice/test-servers/wait.ts';
import { countLost, losePackets, restoreTraffic } from '../hosts/network.ts';
import type { Fault } from './fault.ts';

/** A share of the packets to a host is lost. `amount`: in percent. */
export const packetLoss = (fault: Pick<Fault, 'kind' | 'parts' | 'targets'>): Fault => ({
  ...fault,
  amounts: [20, 10, 35, 50],
  seconds: [3, 7],
  overhead: 2,
  begin: async ({ system }, { target, amount }) => {
    const { host } = system.processOf(target);
    losePackets(host, amount);
    await waitUntil(() => countLost(host) > 0);
    const heal = async () => {
      restoreTraffic(host);
      await system.untilWhole(target);
    };
    return { effect: `${amount} % of the packets to ${host.name} are lost`, heal };
  },
});
