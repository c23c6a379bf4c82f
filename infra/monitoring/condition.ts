import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';

/** The condition that raises an alarm. */
export type Condition = {
  readonly metric: IMetric;
  readonly above?: number;
  readonly below?: number;
  /** The minutes that must breach the threshold, of the last `minutes`. */
  readonly breaching: number;
  readonly minutes: number;
  /** True if missing data counts as breaching the threshold. */
  readonly isMissingBad?: boolean;
};

// Metrics arrive up to some minutes late, so an alarm must not need the latest minutes: CloudWatch
// would replace them by what `FILL` or `treatMissingData` says ("FILL" in its guide to metric math).
// Only where missing data is bad may every minute have to breach.
export const sustained = { breaching: 3, minutes: 5 };
export const once = { breaching: 1, minutes: 3 };
export const long = { breaching: 7, minutes: 10 };
export const veryLong = { breaching: 12, minutes: 15 };
