import { writeFileSync } from 'node:fs';
import type { Environment } from '../schema/environment.ts';
import { readEnvironments } from '../read-environments.ts';
import { regions, type RegionName } from '../schema/regions.ts';
import { synthesize } from '../synthesize.ts';
import { readArguments } from './read-arguments.ts';

// `node infra/commands/write-templates.ts --output FILE`: writes the templates of all environments,
// for linters, as JSON by region. Each environment is also in every other region, there with a
// domain and a pipeline.

const { values } = readArguments('node infra/commands/write-templates.ts --output FILE', {
  options: { output: { type: 'string', default: 'templates.json' } },
});
const environments = await readEnvironments();
const names = Object.keys(regions).filter((name): name is RegionName => name in regions);

const moveTo = (environment: Environment, region: RegionName): Environment => ({
  ...environment,
  region,
  network: { ...environment.network, zones: regions[region].zones.slice(0, environment.network.zones.length) },
  domain: { name: 'sluice.example.com', hostedZoneId: 'Z0123456789ABCDEFGHIJ' },
  pipeline: { repository: 'owner/name', makesProvider: true },
});

const templatesIn = (region: RegionName) =>
  synthesize(
    environments.map((environment) => (environment.region === region ? environment : moveTo(environment, region))),
  );

writeFileSync(values.output, JSON.stringify(Object.fromEntries(names.map((region) => [region, templatesIn(region)]))));
