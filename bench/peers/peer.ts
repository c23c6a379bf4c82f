import type { RedisClientType } from '@redis/client';

/** A program with its arguments. It gets the environment of its {@link Place}, too. */
export type Command = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

/** The surroundings of a peer: a folder of its own, and the addresses that it works with. */
export type Place = {
  readonly folder: string;
  readonly environment: Readonly<Record<Variable, string>>;
};

type Variable =
  | 'PORT'
  | 'QUEUE'
  | 'REDIS_HOST'
  | 'REDIS_PORT'
  | 'REDIS_PASSWORD'
  | 'DB_HOST'
  | 'DB_PORT'
  | 'DB_USER'
  | 'DB_PASSWORD'
  | 'DB_NAME';

/** The installed programs of a peer. Without a worker, its server records by itself. */
export type Programs = {
  readonly version: string;
  readonly server: (place: Place) => Command;
  readonly worker?: (place: Place) => Command;
};

/** A reason why this machine cannot run a peer. */
export type Missing = { readonly missing: string };

/** A system that takes counts over HTTP and records them in the table `count`. */
export type Peer = {
  /** The name in tables. */
  readonly name: string;
  /** The name of its queue, of its schema, and on the command line. */
  readonly id: string;
  /** The request that posts a count. Defaults to POST /count. */
  readonly request?: 'rpush';
  /** The files that its user writes. */
  readonly code: readonly string[];
  readonly configuration: readonly string[];
  /** Installs the peer unless it is installed. A quick run does not compile it. */
  readonly provide: (isQuick: boolean) => Promise<Programs | Missing> | Programs | Missing;
  /** Counts the entries of its queue that are not recorded, in progress or not. */
  readonly countWaiting: (redis: RedisClientType, queue: string) => Promise<number>;
  /** Counts the entries that it gave up, and kept for its operators. */
  readonly countParked?: (redis: RedisClientType, queue: string) => Promise<number>;
  /** The time after which it has found the entries of a worker that was killed, in ms. */
  readonly settlesWithinMs: number;
  /** True if it records so few counts a second that no queue of it ever drains. */
  readonly isSlow?: true;
};
