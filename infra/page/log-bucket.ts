import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';

/**
 * Creates a bucket for the access logs of load balancer, page and distribution, each under its own
 * prefix.
 */
export const createLogBucket = (scope: Construct, { logDays }: Environment): Bucket => {
  const bucket = new Bucket(scope, 'Logs', {
    // Load balancers support no other key.
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    // CloudFront writes with access control lists.
    objectOwnership: ObjectOwnership.BUCKET_OWNER_PREFERRED,
    lifecycleRules: [{ expiration: Duration.days(logDays) }],
    removalPolicy: RemovalPolicy.DESTROY,
  });
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions::AwsSolutions-S1',
    reason: 'The bucket holds access logs; logs of access to them would need another bucket',
  });
  return bucket;
};
