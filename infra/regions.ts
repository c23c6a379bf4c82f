type Region = {
  /** Zones that every account has; the others of a region are not open to new accounts. */
  readonly zones: readonly string[];
  /** CloudFront's servers that fetch from origins (`com.amazonaws.global.cloudfront.origin-facing`). */
  readonly cloudFrontPrefixList: string;
  /** The addresses of S3 (`com.amazonaws.REGION.s3`), which security groups name to allow its gateway endpoint. */
  readonly s3PrefixList: string;
};

/**
 * What differs between regions and cannot be looked up without an account. Another region is another entry; its prefix lists are those
 * that `aws ec2 describe-managed-prefix-lists` shows there.
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

/** A region that an environment may be in. */
export type RegionName = keyof typeof regions;
