import type { EnvironmentValues } from '../schema/environment.ts';

/** Runs releases before prod: two tasks of each service, with prod's alarms and its firewall. */
export const environment: EnvironmentValues = {
  account: '333333333333',
  region: 'eu-central-1',
  isProtected: false,
  logDays: 30,
  hasAlarms: true,
  hasContainerInsights: true,
  monthlyBudgetUsd: 400,
  network: {
    cidr: '10.30.0.0/16',
    zones: ['eu-central-1a', 'eu-central-1b'],
    nat: 'gateway',
    natGateways: 1,
    hasInterfaceEndpoints: false,
    hasFlowLogs: false,
  },
  // The console needs a token too.
  api: { access: 'tokens', tokensFor: 'all' },
  producer: { cpu: 512, memoryMiB: 1_024, isSpot: false, min: 2, max: 2 },
  consumer: { cpu: 512, memoryMiB: 1_024, isSpot: false, min: 2, max: 2 },
  database: {
    instanceType: 't4g.small',
    isMultiAz: false,
    storageGb: 20,
    maxStorageGb: 100,
    backupDays: 7,
    hasInsights: false,
  },
  queue: { kind: 'serverless', maxStorageGb: 5, maxEcpuPerSecond: 20_000 },
  // A load test from one machine stays below it.
  firewall: { requestsPerFiveMinutes: 3_000_000 },
};
