// What templates do not say: how much an environment uses, idle and for counts. Estimates are round on purpose.

/** What a million counts are to what they pass through. */
export type Load = {
  /** Requests, in millions. */
  readonly requests: number;
  /** Entries of the queue, in millions. */
  readonly entries: number;
  /** What goes through CloudFront and load balancer, both ways, in GB. */
  readonly gigabytes: number;
};

/** The two ends: each count a request of its own, and 1,000 counts in each. A request has 1.5 kB around its counts, a count 11 bytes. */
export const loads: Readonly<Record<'alone' | 'together', Load>> = {
  alone: { requests: 1, entries: 1, gigabytes: 1.5 },
  together: { requests: 0.001, entries: 0.001, gigabytes: 0.0125 },
};

/** Metrics that a service publishes while nothing happens; more appear with the first count, request and error. */
export const idleMetrics: Readonly<Record<string, number>> = { producer: 11, consumer: 15 };
/** Metrics that appear with the first counts. */
export const busyMetrics = 4;

/** Container Insights: metrics of a cluster, of each service and of each family of tasks. */
export const insightsMetrics = (services: number): number => 8 * (1 + 2 * services);

/** GB of log lines that one task writes in a month: its metrics twice a minute, some 1.5 kB. */
export const logGbOfTask = 0.13;
/** GB of flow logs while nothing happens. */
export const idleFlowGb = 0.1;
/** GB of layers in a repository: a handful of releases. */
export const imageGb = 1;
/** GB of the page, its older versions, and the access logs of a quiet month. */
export const bucketGb = 0.05;

/** Commands and kB that an entry costs: XADD, its share of XREADGROUP, XDEL and XACK, and what watches the queue. */
export const cacheUnitsOfEntry = 5;
/** The least that Valkey Serverless counts. */
export const leastCacheGb = 0.1;
/** GB of a million rows in MySQL, kept for good; ids of batches go after an hour. */
export const databaseGbOfMillion = 0.06;
/** GB of access logs for a million requests, of load balancer and distribution together. */
export const accessLogGbOfMillion = 0.9;
