import * as z from 'zod';
import { apiSchema, openHasFirewall, secretIsHere } from './api-access.ts';
import { regions, type RegionName } from './regions.ts';
import { envoyMemoryMiB } from './task-memory.ts';

const regionNames = Object.keys(regions).filter((name): name is RegionName => name in regions);
const logRetention = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] as const;

const steps = (least: number, most: number): number[] =>
  Array.from({ length: (most - least) / 1_024 + 1 }, (_, index) => least + index * 1_024);

/**
 * Memory in MiB that Fargate supports for each CPU size (Amazon ECS Developer Guide, "Task CPU and
 * memory").
 */
const fargateMemory: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1_024, 2_048],
  512: steps(1_024, 4_096),
  1_024: steps(2_048, 8_192),
  2_048: steps(4_096, 16_384),
  4_096: steps(8_192, 30_720),
};

const tasks = z
  .strictObject({
    cpu: z.int().describe('CPU of a task in units, of which 1,024 are a core'),
    memoryMiB: z.int().describe('Memory of a task in MiB; Fargate has certain pairs of CPU and memory only'),
    isSpot: z
      .boolean()
      .describe(
        'Whether tasks run on spare capacity (Fargate Spot): half the price or less, and AWS may end one after two minutes’ notice',
      ),
    least: z.int().min(1).describe('Tasks that always run, spread over the zones'),
    most: z
      .int()
      .min(1)
      .describe('Tasks up to which the service is scaled; the same number as `least`: it is not scaled'),
  })
  .refine(({ cpu, memoryMiB }) => fargateMemory[cpu]?.includes(memoryMiB) === true, {
    error: 'is not one that Fargate has for this cpu ("Task CPU and memory" in its guide)',
    path: ['memoryMiB'],
  })
  .refine(({ least, most }) => least <= most, { error: 'must not be less than least', path: ['most'] });

const serverlessQueue = z.strictObject({
  kind: z
    .literal('serverless')
    .describe(
      '`serverless`: Valkey that scales by itself within the limits; what a lost node loses is gone. `nodes`: Valkey on machines of our choice',
    ),
  maxStorageGb: z
    .int()
    .min(1)
    .max(5_000)
    .describe('Data in GB beyond which writes are refused or keys with an expiry evicted'),
  maxEcpuPerSecond: z
    .int()
    .min(1_000)
    .max(15_000_000)
    .describe('Requests a second (ECPU) beyond which requests are throttled'),
});

const durableFamilies = ['r6g', 'r7g', 'm6g', 'm7g', 'c7gn'];

const nodesQueue = z
  .strictObject({
    kind: z.literal('nodes'),
    nodeType: z
      .string()
      .regex(/^cache\.[a-z0-9]+\.[a-z0-9]+$/, 'must be like cache.m7g.large')
      .describe('The machine of each node'),
    minShards: z.int().min(1).max(90).describe('Shards that there always are'),
    maxShards: z
      .int()
      .min(1)
      .max(90)
      .describe('Shards up to which the cluster is scaled when they are busy or full; also the number of partitions'),
    replicasPerShard: z
      .int()
      .min(1)
      .max(5)
      .describe('Copies of each shard in other zones, one of which takes over when its primary is lost'),
    durability: z
      .enum(['sync', 'async', 'disabled'])
      .describe('`sync`: a write is acknowledged when two zones have it on disk; `async`: up to 10 s later'),
  })
  .refine(
    ({ durability, nodeType }) => durability === 'disabled' || durableFamilies.includes(nodeType.split('.')[1] ?? ''),
    {
      error: `durability needs one of ${durableFamilies.join(', ')} ("Limitations" of durability in the ElastiCache guide)`,
      path: ['nodeType'],
    },
  )
  .refine(({ minShards, maxShards }) => minShards <= maxShards, {
    error: 'must not be less than minShards',
    path: ['maxShards'],
  });

/** The schema of an {@link Environment} without its name. */
export const environmentSchema = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/, 'must be 12 digits')
    .describe('The AWS account'),
  region: z.enum(regionNames).describe('The region of everything but what CloudFront needs in us-east-1'),
  isProtected: z
    .boolean()
    .describe(
      'Whether stacks and data are protected from deletion, and last snapshots of database and queue are kept when they are destroyed all the same',
    ),
  logDays: z.literal(logRetention).describe('Days for which logs are kept'),
  hasAlarms: z.boolean().describe('Whether alarms are made, and a topic (SNS) that tells of them'),
  monthlyBudgetUsd: z.int().min(1).describe('Dollars a month beyond which the topic is told, where there are alarms'),
  hasContainerInsights: z.boolean().describe('Whether ECS reports what each task uses (Container Insights)'),
  network: z.strictObject({
    cidr: z
      .cidrv4()
      .describe('The addresses of the network; no two environments share any, so that they may be peered'),
    zones: z
      .array(z.string())
      .min(2, 'must be two or more: the load balancer, MySQL and Valkey need a second zone')
      .describe('The availability zones; each has a public and a private subnet'),
    natGateways: z
      .int()
      .min(1)
      .describe('Ways from private subnets to the internet; with one, all zones depend on its zone'),
    hasInterfaceEndpoints: z
      .boolean()
      .describe(
        'Whether tasks reach ECR, CloudWatch Logs and Secrets Manager by endpoints in the network, and nothing else outside it',
      ),
    hasFlowLogs: z.boolean().describe('Whether every connection is logged'),
  }),
  api: apiSchema.describe('Access to the API'),
  producer: tasks.describe('The tasks of the API'),
  consumer: tasks.describe('The tasks that record'),
  database: z.strictObject({
    instanceType: z
      .string()
      .regex(/^[a-z0-9]+\.[a-z0-9]+$/, 'must be like t4g.micro')
      .describe('The machine of MySQL'),
    isMultiAz: z.boolean().describe('Whether a standby in another zone takes over when the first is lost'),
    storageGb: z.int().min(20).describe('Storage in GB at the beginning'),
    maxStorageGb: z.int().min(22).describe('Storage in GB up to which it grows by itself; it never shrinks'),
    backupDays: z.int().min(1).max(35).describe('Days back to which the database can be restored'),
    importFile: z
      .string()
      .regex(/^[\w-][\w.-]*\.sql(?:\.gz|\.zst)?$/, 'must be the name of an .sql, .sql.gz or .sql.zst file')
      .optional()
      .describe('A dump in apps/database-setup/dumps whose counts are imported once, when the database is set up'),
    hasInsights: z.boolean().describe('Whether the load of each statement is recorded (Database Insights, for 7 days)'),
  }),
  queue: z.discriminatedUnion('kind', [serverlessQueue, nodesQueue]).describe('The queue'),
  firewall: z
    .strictObject({
      requestsPerFiveMinutes: z
        .int()
        .min(100)
        .max(2_000_000_000)
        .describe('Requests of one address in five minutes beyond which it is refused'),
    })
    .optional()
    .describe('WAF before CloudFront; without it there is none'),
  domain: z
    .strictObject({
      name: z.hostname().describe('The name of the page, and of the API under `/api`'),
      hostedZoneId: z
        .string()
        .regex(/^Z[A-Z0-9]+$/, 'must be the id of a hosted zone')
        .describe("The name's zone in Route 53"),
    })
    .optional()
    .describe("A domain of one's own; without it CloudFront gives one"),
  pipeline: z
    .strictObject({
      repository: z
        .string()
        .regex(/^[\w.-]+\/[\w.-]+$/, 'must be like owner/name')
        .describe('The repository on GitHub whose workflow deploys this environment, without a key that is stored'),
      makesProvider: z
        .boolean()
        .describe(
          'Whether the account is told here to believe GitHub; it may be told once, by one environment, and still does when that one is destroyed',
        ),
    })
    .optional()
    .describe('Who deploys beside people; without it nobody'),
});

// Each rule reads only the values that it needs, so an error in one place does not hide others.
const zonesAreOfRegion = z
  .object({ region: z.enum(regionNames), network: z.object({ zones: z.array(z.string()) }) })
  .superRefine(({ region, network }, context) => {
    const known: readonly string[] = regions[region].zones;
    for (const [index, zone] of network.zones.entries()) {
      const path = ['network', 'zones', index];
      if (!known.includes(zone))
        context.addIssue({
          code: 'custom',
          path,
          message: `${zone} is none of the zones of ${region}: ${known.join(', ')}`,
        });
      if (network.zones.indexOf(zone) !== index)
        context.addIssue({ code: 'custom', path, message: `${zone} is there twice` });
    }
  });

const gatewaysHaveZones = z
  .object({ network: z.object({ zones: z.array(z.string()), natGateways: z.int() }) })
  .refine(({ network }) => network.natGateways <= network.zones.length, {
    error: 'must not be more than zones',
    path: ['network', 'natGateways'],
  });

const copiesHaveZones = z
  .object({
    network: z.object({ zones: z.array(z.string()) }),
    database: z.object({ isMultiAz: z.boolean() }),
  })
  .refine(({ network, database }) => !database.isMultiAz || network.zones.length > 1, {
    error: 'needs a second zone in network.zones',
    path: ['database', 'isMultiAz'],
  });

const durabilityHasZones = z
  .object({
    network: z.object({ zones: z.array(z.string()) }),
    queue: z.object({ durability: z.string().optional() }),
  })
  .refine(({ network, queue }) => (queue.durability ?? 'disabled') === 'disabled' || network.zones.length > 1, {
    error: 'needs a second zone in network.zones',
    path: ['queue', 'durability'],
  });

const storageGrows = z
  .object({ database: z.object({ storageGb: z.number(), maxStorageGb: z.number() }) })
  // "Managing capacity automatically with Amazon RDS storage autoscaling"
  .refine(({ database }) => database.maxStorageGb >= database.storageGb * 1.1, {
    error: 'must be at least 10 % more than storageGb, or RDS refuses it',
    path: ['database', 'maxStorageGb'],
  });

const apiHasMemory = z
  .object({ producer: z.object({ memoryMiB: z.int() }) })
  .refine(({ producer }) => producer.memoryMiB >= 1_024, {
    error: `must be at least 1,024: Envoy has ${envoyMemoryMiB} of them, and the API needs more than is left of 512`,
    path: ['producer', 'memoryMiB'],
  });

const rules = [
  environmentSchema,
  zonesAreOfRegion,
  gatewaysHaveZones,
  copiesHaveZones,
  durabilityHasZones,
  storageGrows,
  openHasFirewall,
  secretIsHere,
  apiHasMemory,
];

/**
 * The values in which environments differ. Every environment gives all of them; there are no
 * defaults.
 */
export type EnvironmentValues = z.input<typeof environmentSchema>;

/** An environment with its name, which is the name of its file. */
export type Environment = EnvironmentValues & { readonly name: string };

/** Returns all errors in the values of one environment, each with the path to it. */
export const findViolations = (values: unknown): string[] => {
  const issues = rules.flatMap((rule) => rule.safeParse(values).error?.issues ?? []);
  return [...new Set(issues.map(({ path, message }) => `${path.join('.')}: ${message}`))];
};
