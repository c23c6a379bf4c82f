/** The zones, each of which can be cut off from everything else. */
export const zones = ['a', 'b', 'c'] as const;

export type Zone = (typeof zones)[number];

/** A network namespace with an address of its own. */
export type Host = {
  readonly name: string;
  /** Undefined for a host outside of all zones. */
  readonly zone: Zone | undefined;
  readonly address: string;
};

// RFC 2544 reserves 198.18.0.0/15 for tests of networks, so no machine needs an address of it.
const addressOf = (zone: number, number: number) => `198.18.${zone}.${number}`;

/** The address of the drill itself, outside of all zones. */
export const ownAddress = addressOf(0, 1);

const namesOf = (zone: Zone): string[] =>
  ['producer', 'consumer', 'redis', 'replica', ...(zone === 'c' ? [] : ['mysql'])].map((name) => `${name}-${zone}`);

/**
 * All hosts. Each zone has a producer, a consumer, a primary of Redis and a replica of another
 * zone's primary. Two zones can run MySQL. The balancer is outside, as that of a cloud.
 */
export const hosts: readonly Host[] = [
  { name: 'balancer', zone: undefined, address: addressOf(0, 10) },
  ...zones.flatMap((zone, index) =>
    namesOf(zone).map((name, number) => ({ name, zone, address: addressOf(index + 1, number + 10) })),
  ),
];

/** Returns the host with a name. */
export const hostOf = (name: string): Host => {
  const found = hosts.find((host) => host.name === name);
  if (found === undefined) throw new Error(`There is no host ${name}`);
  return found;
};
