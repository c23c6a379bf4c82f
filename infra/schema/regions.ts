type Region = {
  /** Zones that every account has. New accounts cannot use the other zones of a region. */
  readonly zones: readonly string[];
  /**
   * Addresses of CloudFront's servers that fetch from origins
   * (`com.amazonaws.global.cloudfront.origin-facing`).
   */
  readonly cloudFrontPrefixList: string;
  /**
   * Addresses of S3 (`com.amazonaws.REGION.s3`). Security groups name them to allow the gateway
   * endpoint.
   */
  readonly s3PrefixList: string;
};

/**
 * The values that differ between regions and need an account to look up. For another region, add an
 * entry. `aws ec2 describe-managed-prefix-lists` shows its prefix lists.
 */
export const regions = {
  'eu-central-1': {
    zones: ['eu-central-1a', 'eu-central-1b', 'eu-central-1c'],
    cloudFrontPrefixList: 'pl-a3a144ca',
    s3PrefixList: 'pl-6ea54007',
  },
  'us-east-1': {
    zones: ['us-east-1a', 'us-east-1b', 'us-east-1c', 'us-east-1d', 'us-east-1f'],
    cloudFrontPrefixList: 'pl-3b927c52',
    s3PrefixList: 'pl-63a5400a',
  },
} as const satisfies Readonly<Record<string, Region>>;

/** The name of a region that environments may use. */
export type RegionName = keyof typeof regions;

/** The names of all regions that environments may use. */
export const regionNames = Object.keys(regions).filter((name): name is RegionName => name in regions);
