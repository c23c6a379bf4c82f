// Usage that templates do not contain: idle, and for counts. Estimates are deliberately round.

/** The load that a million counts cause. */
export type Load = {
  /** Requests, in millions. */
  readonly requests: number;
  /** Entries of the queue, in millions. */
  readonly entries: number;
  /** Traffic through CloudFront and load balancer, in both directions, in GB. */
  readonly gigabytes: number;
  /** Traffic between tasks, Valkey and MySQL, in GB: an entry is written, read, and recorded. */
  readonly internalGb: number;
};

/**
 * The two extremes: one count in each request, and 1,000 counts in each. A request has 1.5 kB
 * around its counts, a count 11 bytes.
 */
export const loads = {
  single: { requests: 1, entries: 1, gigabytes: 1.5, internalGb: 1 },
  lists: { requests: 0.001, entries: 0.001, gigabytes: 0.0125, internalGb: 0.06 },
} as const satisfies Readonly<Record<string, Load>>;

/** The name of a load. */
export type LoadName = keyof typeof loads;

/** Metrics that an idle service publishes. More appear with the first count, request and error. */
export const idleMetrics: Readonly<Record<string, number>> = { producer: 8, consumer: 8 };
/** Metrics of a service that appear with the first counts. */
export const busyMetrics: Readonly<Record<string, number>> = { producer: 0, consumer: 2 };

/** Container Insights: metrics of a cluster, of each service and of each family of tasks. */
export const insightsMetrics = (services: number): number => 8 * (1 + 2 * services);

/** GB of log lines that one task writes in a month: its metrics twice a minute, some 1.5 kB. */
export const logGbOfTask = 0.13;
/**
 * GB a month that tasks exchange with AWS's services: log lines and logins. Layers of images come
 * through S3's endpoint, which is free.
 */
export const idleAwsGb = 0.5;
/** GB of Enhanced Monitoring of one database in a month: a line each minute, some 7 kB. */
export const databaseMonitoringGb = 0.3;
/** GB of flow logs while nothing happens. */
export const idleFlowGb = 0.1;
/** GB of layers in a repository: a handful of releases. */
export const imageGb = 1;
/** GB of the page, its older versions, and the access logs of a quiet month. */
export const bucketGb = 0.05;

/**
 * Commands and kB that an entry costs: XADD, its share of XREADGROUP, XDEL and XACK, and queue
 * monitoring.
 */
export const cacheUnitsOfEntry = 5;
/** The minimum storage that Valkey Serverless charges, in GB. */
export const minCacheGb = 0.1;
/** GB of a million rows in MySQL, kept permanently. Ids of batches are removed after an hour. */
export const databaseGbOfMillion = 0.06;
/** GB of access logs for a million requests, of load balancer and distribution together. */
export const accessLogGbOfMillion = 0.9;
