/** The price of one unit in US dollars, before tax, on demand. */
export type Price = {
  readonly unit: string;
  readonly usEast1: number;
  /**
   * Present if a source has the price, or if the price is the same everywhere. Otherwise it is
   * estimated.
   */
  readonly euCentral1?: number;
  /** The source of the price, and its date. */
  readonly source: string;
};

/** The date of the last check of the sources. */
export const pricesAsOf = '2026-11-22';

/**
 * The factor that estimates eu-central-1 prices from us-east-1 where no citable price was found.
 * Other regions are "typically 10–30 % higher" (cloudburn.io/blog/aws-fargate-pricing, March 2026);
 * the factor is the middle.
 */
export const estimatedFactor = 1.2;

/** Hours of a month, as AWS's own examples count them. */
export const hoursOfMonth = 730;

const everywhere = (unit: string, usd: number, source: string): Price => ({
  unit,
  usEast1: usd,
  euCentral1: usd,
  source,
});

const fargate = 'vantage.sh/blog/fargate-pricing, 2026-11';
const cloudWatch = 'cloudburn.io/blog/amazon-cloudwatch-pricing, February 2026';
const rds = 'infratally.com/articles/aws-rds-pricing-explained-2026.html (for PostgreSQL), 2026';
const serverless = 'usage.ai/blogs/aws/database-savings-plans/elasticache/serverless-pricing, June 2026';
const waf =
  'c3x.dev/blog/aws-waf-cost-explained, 2026; the same in all regions (AWS, networking and content delivery blog)';
const endpoint = 'zacfukuda.com, June 2026';
const unverified = 'no citable table found; check it at aws.amazon.com before relying on it';

/** Every price with its source. When you change a price, change {@link pricesAsOf} too. */
export const prices = {
  natHour: {
    unit: 'h',
    usEast1: 0.045,
    // "~0.048–0.052" for Ireland, Frankfurt and London.
    euCentral1: 0.052,
    source: 'cloudpipelines.pages.dev/guides/aws-nat-gateway-pricing-2026, 2026',
  },
  publicAddressHour: everywhere('h', 0.005, 'vishalvyas.com/understand-aws-public-ipv4-address-usage-and-pricing'),
  endpointHour: { unit: 'h', usEast1: 0.01, source: endpoint },
  loadBalancerHour: { unit: 'h', usEast1: 0.0225, source: 'aws.amazon.com, September 2026' },
  loadBalancerUnitHour: { unit: 'LCU h', usEast1: 0.008, source: 'aws.amazon.com, September 2026' },
  armCpuHour: { unit: 'vCPU h', usEast1: 0.032_38, source: fargate },
  armMemoryHour: { unit: 'GB h', usEast1: 0.003_56, source: fargate },
  // The price varies with spare capacity: 50 to 70 % off (fortem.dev/fargate-spot, June 2026). This
  // is the smaller discount.
  spotCpuHour: { unit: 'vCPU h', usEast1: 0.016_19, source: unverified },
  spotMemoryHour: { unit: 'GB h', usEast1: 0.001_78, source: unverified },
  databaseMicroHour: { unit: 'h', usEast1: 0.016, source: rds },
  databaseSmallHour: { unit: 'h', usEast1: 0.032, source: rds },
  databaseM7gLargeHour: { unit: 'h', usEast1: 0.168, source: unverified },
  databaseStorage: {
    unit: 'GB',
    usEast1: 0.115,
    source: 'usage.ai/blogs/aws/reserved-instances/rds/pricing-calculator, June 2026',
  },
  databaseBackup: {
    unit: 'GB',
    usEast1: 0.095,
    source: 'usage.ai/blogs/aws/reserved-instances/rds/pricing-calculator, June 2026',
  },
  cacheStorageHour: { unit: 'GB h', usEast1: 0.084, source: serverless },
  cacheRequests: { unit: 'M ECPU', usEast1: 0.0023, source: serverless },
  cacheM7gLargeHour: { unit: 'h', usEast1: 0.1264, source: `${unverified} (Valkey, 20 % below Redis OSS)` },
  secret: everywhere(
    'secret',
    0.4,
    'hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms',
  ),
  key: everywhere('key', 1, 'aws.amazon.com/kms/pricing'),
  metric: { unit: 'metric', usEast1: 0.3, source: 'signoz.io/guides/cloudwatch-pricing, February 2026' },
  alarmMetric: { unit: 'metric', usEast1: 0.1, source: cloudWatch },
  dashboard: everywhere(
    'dashboard',
    3,
    'factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards, June 2026',
  ),
  logGb: {
    unit: 'GB',
    usEast1: 0.5,
    source: 'factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards, June 2026',
  },
  firewall: everywhere('ACL', 5, waf),
  firewallRule: everywhere('rule', 1, waf),
  firewallRequests: everywhere('M requests', 0.6, waf),
  zone: everywhere('zone', 0.5, 'ns1.com/resources/aws-dns'),
  imageGb: { unit: 'GB', usEast1: 0.1, source: unverified },
  objectGb: { unit: 'GB', usEast1: 0.023, source: unverified },
  distributionRequests: {
    unit: 'M requests',
    usEast1: 1,
    source: 'wring.co/blog/aws-cloudfront-pricing-guide, March 2026',
  },
  distributionGb: everywhere('GB', 0.085, 'aws.amazon.com/cloudfront/pricing (United States and Europe alike)'),
  distributionFunctions: everywhere('M calls', 0.1, 'cur.vantage.sh/aws/amazoncloudfront'),
} as const satisfies Readonly<Record<string, Price>>;

/** The compared regions. */
export type PricedRegion = 'us-east-1' | 'eu-central-1';

/** The name of a price. */
export type PriceName = keyof typeof prices;

/** Returns the price of one unit in a region. It is marked as estimated if no source has it. */
export const priceIn = (
  name: PriceName,
  region: PricedRegion,
): { readonly usd: number; readonly isEstimated: boolean } => {
  const { usEast1, euCentral1, source }: Price = prices[name];
  if (region === 'us-east-1') return { usd: usEast1, isEstimated: source.startsWith(unverified) };
  return {
    usd: euCentral1 ?? usEast1 * estimatedFactor,
    isEstimated: euCentral1 === undefined || source.startsWith(unverified),
  };
};
