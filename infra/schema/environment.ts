import * as z from 'zod';
import { apiSchema, openHasFirewall, secretIsHere } from './api-access.ts';
import { networkRules, networkSchema } from './network.ts';
import { queueSchema } from './queue.ts';
import { regionNames } from './regions.ts';
import { envoyMemoryMiB } from './task-memory.ts';

const logRetention = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731] as const;

const steps = (min: number, max: number): number[] =>
  Array.from({ length: (max - min) / 1_024 + 1 }, (_, index) => min + index * 1_024);

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
    cpu: z.int().describe('CPU of a task in units; 1,024 units are one vCPU'),
    memoryMiB: z.int().describe('Memory of a task in MiB; Fargate supports only certain pairs of CPU and memory'),
    isSpot: z
      .boolean()
      .describe('Runs tasks on Fargate Spot: half the price or less, but AWS may stop a task with two minutes’ notice'),
    min: z.int().min(1).describe('Minimum number of tasks, spread over the zones'),
    max: z.int().min(1).describe('Maximum number of tasks; equal to `min`, the service does not scale'),
  })
  .refine(({ cpu, memoryMiB }) => fargateMemory[cpu]?.includes(memoryMiB) === true, {
    error: 'is not supported by Fargate for this cpu ("Task CPU and memory" in its guide)',
    path: ['memoryMiB'],
  })
  .refine(({ min, max }) => min <= max, { error: 'must not be less than min', path: ['max'] });

/** The schema of an {@link Environment} without its name. */
export const environmentSchema = z.strictObject({
  account: z
    .string()
    .regex(/^\d{12}$/, 'must be 12 digits')
    .describe('AWS account'),
  region: z.enum(regionNames).describe('Region of all resources, except those that CloudFront needs in us-east-1'),
  isProtected: z
    .boolean()
    .describe(
      'Protects stacks and data from deletion; `destroy` keeps final snapshots of the database and of Valkey’s nodes',
    ),
  logDays: z.literal(logRetention).describe('Days to keep logs'),
  hasAlarms: z.boolean().describe('Creates alarms, the SNS topic that they notify, and the dashboard'),
  monthlyBudgetUsd: z
    .int()
    .min(1)
    .describe('Budget in US dollars a month; beyond it, AWS notifies the topic of the alarms. Needs `hasAlarms`'),
  hasContainerInsights: z.boolean().describe('Reports the resource usage of each task (Container Insights)'),
  network: networkSchema,
  api: apiSchema.describe('Access to the API'),
  producer: tasks.describe('Tasks of the API'),
  consumer: tasks.describe('Tasks of the consumers'),
  database: z.strictObject({
    instanceType: z
      .string()
      .regex(/^[a-z0-9]+\.[a-z0-9]+$/, 'must be like t4g.micro')
      .describe('Instance type of MySQL'),
    isMultiAz: z.boolean().describe('Adds a standby in another zone, which takes over when the primary fails'),
    storageGb: z.int().min(20).describe('Initial storage in GB'),
    maxStorageGb: z.int().min(22).describe('Maximum storage in GB; RDS grows it automatically and never shrinks it'),
    backupDays: z.int().min(1).max(35).describe('Days back to which you can restore the database'),
    importFile: z
      .string()
      .regex(/^[\w-][\w.-]*\.sql(?:\.gz|\.zst)?$/, 'must be the name of an .sql, .sql.gz or .sql.zst file')
      .optional()
      .describe('Dump in apps/database-setup/dumps; the set-up of the database imports its counts once'),
    hasInsights: z
      .boolean()
      .describe(
        'Records the load of each statement for 7 days (Database Insights), and that of the machine each minute (Enhanced Monitoring)',
      ),
  }),
  queue: queueSchema,
  firewall: z
    .strictObject({
      requestsPerFiveMinutes: z
        .int()
        .min(100)
        .max(2_000_000_000)
        .describe('Maximum requests of one address in five minutes; beyond it, WAF blocks the address'),
    })
    .optional()
    .describe('WAF in front of CloudFront; optional'),
  domain: z
    .strictObject({
      name: z.hostname().describe('Domain name of the page, and of the API under `/api`'),
      hostedZoneId: z
        .string()
        .regex(/^Z[A-Z0-9]+$/, 'must be the id of a hosted zone')
        .describe('Route 53 hosted zone of the name'),
      hstsIncludesSubdomains: z
        .boolean()
        .optional()
        .describe(
          'Browsers use only HTTPS for all subdomains of the name too, for a year (HSTS); without it, only for the name',
        ),
    })
    .optional()
    .describe('Your own domain; without it, CloudFront provides one'),
  imagesFrom: z
    .string()
    .optional()
    .describe('Environment whose tested images this one copies by digest; without it, `deploy` builds them'),
  pipeline: z
    .strictObject({
      repository: z
        .string()
        .regex(/^[\w.-]+\/[\w.-]+$/, 'must be like owner/name, with the ids in ownerId and repositoryId')
        .describe('GitHub repository whose workflow deploys this environment, with OIDC instead of a stored key'),
      ownerId: z
        .int()
        .min(1)
        .optional()
        .describe('Id of the owner, for repositories whose tokens name it (all since 15 July 2026)'),
      repositoryId: z.int().min(1).optional().describe('Id of the repository, for the same repositories'),
      makesProvider: z
        .boolean()
        .describe(
          'Creates the account’s OIDC provider for GitHub, in exactly one of its environments; `destroy` keeps it',
        ),
    })
    .refine(({ ownerId, repositoryId }) => (ownerId === undefined) === (repositoryId === undefined), {
      error: 'needs both ownerId and repositoryId, or neither (docs/guides/aws.md#a-pipeline)',
    })
    .optional()
    .describe('Deployment by a GitHub workflow; optional'),
});

// Each rule reads only the values that it needs, so an error in one place does not hide others.
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
    error: 'must be at least 10 % more than storageGb, as RDS requires',
    path: ['database', 'maxStorageGb'],
  });

const apiHasMemory = z
  .object({ producer: z.object({ memoryMiB: z.int() }) })
  .refine(({ producer }) => producer.memoryMiB >= 1_024, {
    error: `must be at least 1,024: Envoy uses ${envoyMemoryMiB}, and the rest of 512 is too little for the API`,
    path: ['producer', 'memoryMiB'],
  });

const rules = [
  environmentSchema,
  ...networkRules,
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
