/** The price of one unit in US dollars, before tax, on demand. */
export type Price = {
  readonly unit: string;
  /** One price for all regions, or the prices of the regions that have a source. */
  readonly usd: number | Readonly<Partial<Record<string, number>>>;
  /** AWS's page of prices. */
  readonly page: string;
  /** The sources of the prices, with their dates. */
  readonly source: string;
};

/** The date of the last check of the sources. */
export const pricesAsOf = '2026-11-27';

/** Hours of a month, as AWS's own examples count them. */
export const hoursOfMonth = 730;

const bill = 'eu-central-1: a bill of June 2026 (CloudoX, "Cost Intelligence" demo report)';

const vpc = {
  page: 'aws.amazon.com/vpc/pricing',
  source:
    'cloudpipelines.pages.dev/guides/aws-nat-gateway-pricing-2026; zacfukuda.com, June 2026; endpoints in eu-central-1: Price List API, September 2026',
};
const ec2 = {
  page: 'aws.amazon.com/ec2/pricing/on-demand',
  source:
    'instance list of Vantage, 2026; cloudoptimo.com; eu-central-1: Price List API (half of t4g.small); zones: basavytix.com/blog/aws-cross-az-data-transfer-cost, the same in all regions',
};
const balancer = {
  page: 'aws.amazon.com/elasticloadbalancing/pricing',
  source: `aws.amazon.com, September 2026; ${bill}`,
};
const fargate = { page: 'aws.amazon.com/fargate/pricing', source: `vantage.sh/blog/fargate-pricing, 2026-11; ${bill}` };
const rds = {
  page: 'aws.amazon.com/rds/mysql/pricing',
  source: `infratally.com and usage.ai, 2026, for PostgreSQL on t4g; ${bill}, for PostgreSQL`,
};
const valkey = {
  page: 'aws.amazon.com/elasticache/pricing',
  source: 'usage.ai, June 2026; nodes: rows NodeUsage and SyncDurability-NodeUsage of the Price List API, 2026',
};
const cloudWatch = {
  page: 'aws.amazon.com/cloudwatch/pricing',
  source: `cloudburn.io and factualminds.com, 2026; ${bill}; logs: CloudHealth price book, March 2026`,
};
const waf = { page: 'aws.amazon.com/waf/pricing', source: 'c3x.dev/blog/aws-waf-cost-explained, 2026' };
const cloudFront = {
  page: 'aws.amazon.com/cloudfront/pricing',
  source: 'aws.amazon.com; requests: CloudHealth price book, March 2026; functions: cur.vantage.sh',
};
const secrets = { page: 'aws.amazon.com/secrets-manager/pricing', source: bill };
const kms = { page: 'aws.amazon.com/kms/pricing', source: bill };
const route53 = { page: 'aws.amazon.com/route53/pricing', source: 'ns1.com/resources/aws-dns' };
const ecr = { page: 'aws.amazon.com/ecr/pricing', source: 'public reports of the Price List API, 2026' };
const s3 = { page: 'aws.amazon.com/s3/pricing', source: 'public reports of infracost, 2026' };

const regional = (usEast1: number | undefined, euCentral1?: number) => ({
  ...(usEast1 === undefined ? {} : { 'us-east-1': usEast1 }),
  ...(euCentral1 === undefined ? {} : { 'eu-central-1': euCentral1 }),
});

/**
 * Every price with its source. A region without a source has no price: it is unknown. When you
 * change a price, change {@link pricesAsOf} too.
 */
export const prices = {
  natHour: { ...vpc, unit: 'h', usd: regional(0.045, 0.052) },
  natGb: { ...vpc, unit: 'GB', usd: regional(0.045, 0.052) },
  publicAddressHour: { ...vpc, unit: 'h', usd: 0.005 },
  endpointHour: { ...vpc, unit: 'h', usd: regional(0.01, 0.012) },
  endpointGb: { ...vpc, unit: 'GB', usd: 0.01 },
  machineT4gMicroHour: { ...ec2, unit: 'h', usd: regional(0.0084, 0.0096) },
  machineStorage: { ...ec2, unit: 'GB', usd: regional(0.08, 0.0952) },
  // Both zones pay: 0.01 for sending, and 0.01 for receiving.
  zoneGb: { ...ec2, unit: 'GB', usd: 0.02 },
  loadBalancerHour: { ...balancer, unit: 'h', usd: regional(0.0225, 0.027) },
  loadBalancerUnitHour: { ...balancer, unit: 'LCU h', usd: regional(0.008) },
  armCpuHour: { ...fargate, unit: 'vCPU h', usd: regional(0.032_38, 0.037_25) },
  armMemoryHour: { ...fargate, unit: 'GB h', usd: regional(0.003_56, 0.004_09) },
  // It varies with spare capacity. AWS names a discount of up to 70 %; the bill has 69 %.
  spotCpuHour: { ...fargate, unit: 'vCPU h', usd: regional(undefined, 0.0114) },
  spotMemoryHour: { ...fargate, unit: 'GB h', usd: regional(undefined, 0.001_25) },
  databaseMicroHour: { ...rds, unit: 'h', usd: regional(0.016, 0.019) },
  databaseSmallHour: { ...rds, unit: 'h', usd: regional(0.032, 0.038) },
  databaseM7gLargeHour: { ...rds, unit: 'h', usd: regional(0.168) },
  databaseStorage: { ...rds, unit: 'GB', usd: regional(0.115, 0.137) },
  cacheStorageHour: { ...valkey, unit: 'GB h', usd: regional(0.084) },
  cacheRequests: { ...valkey, unit: 'M ECPU', usd: regional(0.0023) },
  cacheM7gLargeHour: { ...valkey, unit: 'h', usd: regional(0.1264) },
  cacheM7gLargeSyncHour: { ...valkey, unit: 'h', usd: regional(0.0228) },
  secret: { ...secrets, unit: 'secret', usd: 0.4 },
  key: { ...kms, unit: 'key', usd: 1 },
  metric: { ...cloudWatch, unit: 'metric', usd: 0.3 },
  alarmMetric: { ...cloudWatch, unit: 'metric', usd: 0.1 },
  dashboard: { ...cloudWatch, unit: 'dashboard', usd: 3 },
  logGb: { ...cloudWatch, unit: 'GB', usd: regional(0.5, 0.63) },
  firewall: { ...waf, unit: 'ACL', usd: 5 },
  firewallRule: { ...waf, unit: 'rule', usd: 1 },
  firewallRequests: { ...waf, unit: 'M requests', usd: 0.6 },
  zone: { ...route53, unit: 'zone', usd: 0.5 },
  imageGb: { ...ecr, unit: 'GB', usd: 0.1 },
  objectGb: { ...s3, unit: 'GB', usd: regional(0.023, 0.0245) },
  // The price of the viewer's region: the United States, and Europe for eu-central-1.
  distributionRequests: { ...cloudFront, unit: 'M requests', usd: regional(1, 1.2) },
  distributionGb: { ...cloudFront, unit: 'GB', usd: 0.085 },
  distributionFunctions: { ...cloudFront, unit: 'M calls', usd: 0.1 },
} as const satisfies Readonly<Record<string, Price>>;

/** The name of a price. */
export type PriceName = keyof typeof prices;

/** Returns the price of one unit in a region. Undefined if no source has it. */
export const priceIn = (name: PriceName, region: string): number | undefined => {
  const { usd }: Price = prices[name];
  return typeof usd === 'number' ? usd : usd[region];
};
