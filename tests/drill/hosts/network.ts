import { execFileSync } from 'node:child_process';
import { hosts, ownAddress, zones, type Host, type Zone } from './hosts.ts';

// The hosts of a zone are on a bridge. An uplink joins it to the bridge that all zones share. The
// network is in namespaces of the drill and has no route to any other.

/**
 * Creates the network. The namespaces of this process must be its own (isolate.ts): nothing is
 * removed afterwards.
 */
export const createNetwork = (): void => {
  ip([
    'link set lo up',
    'link add fabric type bridge',
    'link set fabric up',
    `addr add ${ownAddress}/16 dev fabric`,
    ...zones.flatMap((zone) => [
      `link add zone-${zone} type bridge`,
      `link set zone-${zone} up`,
      `link add ${uplinkOf(zone)} type veth peer name down-${zone}`,
      `link set ${uplinkOf(zone)} master fabric up`,
      `link set down-${zone} master zone-${zone} up`,
    ]),
    ...hosts.flatMap(({ name, zone }) => [
      `netns add ${name}`,
      `link add v-${name} type veth peer name eth0 netns ${name}`,
      `link set v-${name} master ${zone === undefined ? 'fabric' : `zone-${zone}`} up`,
    ]),
  ]);
  for (const { name, address } of hosts) {
    ip([`addr add ${address}/16 dev eth0`, 'link set eth0 up', 'link set lo up'], name);
  }
};

const uplinkOf = (zone: Zone): string => `up-${zone}`;

const ip = (lines: readonly string[], host?: string): void => {
  const inHost = host === undefined ? [] : ['-netns', host];
  execFileSync('ip', [...inHost, '-batch', '-'], { input: `${lines.join('\n')}\n`, stdio: 'pipe' });
};

/** The command that runs a program on a host. It has the process id of the program. */
export const enter = ({ name }: Host): readonly string[] => ['nsenter', `--net=/run/netns/${name}`];

/** Cuts a zone off from the other zones and from the clients, or joins it again. */
export const setZone = (zone: Zone, state: 'up' | 'down'): void => ip([`link set ${uplinkOf(zone)} ${state}`]);

const nft = (host: Host, ...words: readonly string[]): string => {
  const [program = '', ...args] = [...enter(host), 'nft', ...words];
  return execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' });
};

const hook = (kind: string, name: string, priority: string) =>
  `add table inet drill; add chain inet drill ${name} { type ${kind} hook ${name} priority ${priority}; }`;

/** Drops a share of the packets that arrive at a host, in percent. */
export const losePackets = (host: Host, percent: number): void => {
  const rule = `add rule inet drill input iifname eth0 numgen random mod 100 < ${percent} counter drop`;
  nft(host, `${hook('filter', 'input', 'filter')}; ${rule}`);
};

/** Returns the number of packets that {@link losePackets} has dropped at a host. */
export const countLost = (host: Host): number =>
  Number(/counter packets (\d+)/.exec(nft(host, 'list table inet drill'))?.[1] ?? 0);

/**
 * Leads the connections to a port of a host to another port there. Those that are open are reset,
 * so that their clients connect again.
 */
export const redirectPort = (host: Host, from: number, to: number): void => {
  const redirect = `add rule inet drill prerouting iifname eth0 tcp dport ${from} redirect to :${to}`;
  const reset = `add rule inet drill input iifname eth0 tcp dport ${from} reject with tcp reset`;
  nft(host, [hook('nat', 'prerouting', 'dstnat'), redirect, hook('filter', 'input', 'filter'), reset].join('; '));
};

/** Ends {@link losePackets} or {@link redirectPort} at a host. */
export const restoreTraffic = (host: Host): void => void nft(host, 'flush ruleset');
