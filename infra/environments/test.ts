import type { EnvironmentValues } from '../schema/environment.ts';

/** For end-to-end tests: created, used, and destroyed completely. */
export const environment: EnvironmentValues = {
  account: '111111111111',
  region: 'eu-central-1',
  isProtected: false,
  logDays: 7,
  hasAlarms: false,
  hasContainerInsights: false,
  monthlyBudgetUsd: 150,
  network: {
    cidr: '10.10.0.0/16',
    zones: ['eu-central-1a', 'eu-central-1b'],
    nat: 'instance',
    natGateways: 1,
    hasInterfaceEndpoints: false,
    hasFlowLogs: false,
  },
  // Its counts come from tests, and the console shows them without a token.
  api: { access: 'tokens', tokensFor: 'writes' },
  producer: { cpu: 256, memoryMiB: 1_024, isSpot: true, min: 1, max: 1 },
  consumer: { cpu: 256, memoryMiB: 512, isSpot: true, min: 1, max: 1 },
  database: {
    instanceType: 't4g.micro',
    isMultiAz: false,
    storageGb: 20,
    maxStorageGb: 50,
    backupDays: 1,
    hasInsights: false,
  },
  queue: { kind: 'serverless', maxStorageGb: 1, maxEcpuPerSecond: 5_000 },
};
