import { connectTo } from '../hosts/connect.ts';
import { hostOf, hosts, zones } from '../hosts/hosts.ts';
import { setZone } from '../hosts/network.ts';
import { httpPort } from '../system/services.ts';
import { untilDone } from '../system/until-done.ts';
import { parts, type Fault } from './fault.ts';

// A managed database notices within seconds that its zone is gone.
const nameAfterMs = 2_000;

/**
 * A zone is cut off: its hosts reach each other, and nothing else. If the database is there, it
 * fails over.
 */
export const zoneCut: Fault = {
  kind: 'zone cut off',
  parts: ['queue', ...parts.filter((part) => part !== 'queue')],
  targets: zones,
  seconds: [5, 12],
  overhead: 12,
  begin: async ({ system: { database, processOf, untilWhole } }, { target }) => {
    const zone = zones.find((each) => each === target) ?? zones[0];
    const { address } = hostOf(`producer-${zone}`);
    setZone(zone, 'down');
    const isCut = await connectTo(address, httpPort).then(
      () => false,
      () => true,
    );
    if (!isCut) throw new Error(`The producer of zone ${zone} still answers`);
    const hadDatabase = database.process().host.zone === zone;
    const failingOver = hadDatabase ? database.failOver(nameAfterMs) : Promise.resolve(0);
    await failingOver;
    const heal = async () => {
      setZone(zone, 'up');
      await untilDone(() => connectTo(address, httpPort));
      await Promise.all(['database', ...namesIn(zone)].map(untilWhole));
      await processOf('balancer').untilReady();
    };
    return { effect: `its producer is unreachable${hadDatabase ? ', and the database failed over' : ''}`, heal };
  },
};

const namesIn = (zone: string): string[] =>
  hosts.filter((host) => host.zone === zone && !host.name.startsWith('mysql')).map(({ name }) => name);
