import type { EnvironmentValues } from '../schema/environment.ts';

/** Survives the loss of a zone. */
export const environment: EnvironmentValues = {
  account: '444444444444',
  region: 'eu-central-1',
  isProtected: true,
  logDays: 365,
  hasAlarms: true,
  hasContainerInsights: true,
  monthlyBudgetUsd: 2500,
  network: {
    cidr: '10.40.0.0/16',
    zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
    // Everything in the private subnets reaches AWS by endpoints.
    nat: 'none',
    natGateways: 0,
    hasInterfaceEndpoints: true,
    hasFlowLogs: true,
  },
  // The console needs a token too.
  api: { access: 'tokens', tokensFor: 'all' },
  producer: { cpu: 1_024, memoryMiB: 2_048, isSpot: false, min: 3, max: 24 },
  // Four consumers nearly saturate a database.
  consumer: { cpu: 1_024, memoryMiB: 2_048, isSpot: false, min: 3, max: 4 },
  database: {
    instanceType: 'm7g.large',
    isMultiAz: true,
    storageGb: 100,
    maxStorageGb: 1_000,
    backupDays: 30,
    hasInsights: true,
  },
  queue: {
    kind: 'nodes',
    nodeType: 'cache.m7g.large',
    minShards: 1,
    maxShards: 4,
    replicasPerShard: 1,
    durability: 'sync',
  },
  firewall: { requestsPerFiveMinutes: 100_000 },
  imagesFrom: 'stage',
};
