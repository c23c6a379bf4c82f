import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { RDSClient } from '@aws-sdk/client-rds';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { Route53Client } from '@aws-sdk/client-route-53';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { notePlace } from './explain.ts';

/** Where CloudFront has what it takes from one region alone. */
export const edgeRegion = 'us-east-1';

/** A client, as far as its calls can be watched. */
type Watched = {
  readonly middlewareStack: {
    add(
      middleware: (
        next: (args: { input: object }) => Promise<{ response: unknown; output: object }>,
        context: { commandName?: string; clientName?: string },
      ) => (args: { input: object }) => Promise<{ response: unknown; output: object }>,
      options: { step: 'initialize'; name: string },
    ): void;
  };
};

/**
 * The settings of every client: more attempts than by default, ever more slowly where AWS asks for it. The profile is the variable
 * `AWS_PROFILE` and another address `AWS_ENDPOINT_URL`, which the SDK reads by itself.
 */
export const settingsFor = (region: string, profile?: string) => ({
  region,
  maxAttempts: 8,
  retryMode: 'adaptive' as const,
  // Without these a connection that is cut without a word is waited for without end, and Ctrl-C with it.
  requestHandler: { connectionTimeout: 10_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  ...(profile === undefined ? {} : { profile }),
});

/** Makes the errors of a client say which call they are of. Answers with the client. */
export const watchErrors = <Client extends Watched>(client: Client, region: string): Client => {
  client.middlewareStack.add(
    (next, { clientName = '', commandName = '' }) =>
      async (args) => {
        try {
          return await next(args);
        } catch (error) {
          const service = clientName.replace(/Client$/, '');
          notePlace(error, `${service} ${commandName.replace(/Command$/, '')} in ${region}`);
          throw error;
        }
      },
    { step: 'initialize', name: 'notePlace' },
  );
  return client;
};

/** The services of an account in a region, by another profile than that of the command where one is named. No call is made before one is asked for. */
export const connectTo = (region: string, profile?: string) => {
  const settings = settingsFor(region, profile);
  // What emulates AWS has one name, and buckets are no part of it.
  const forcePathStyle = (process.env['AWS_ENDPOINT_URL'] ?? '') !== '';
  return {
    region,
    cloudFormation: watchErrors(new CloudFormationClient(settings), region),
    cloudFront: watchErrors(new CloudFrontClient(settings), region),
    ec2: watchErrors(new EC2Client(settings), region),
    ecr: watchErrors(new ECRClient(settings), region),
    ecs: watchErrors(new ECSClient(settings), region),
    loadBalancing: watchErrors(new ElasticLoadBalancingV2Client(settings), region),
    logs: watchErrors(new CloudWatchLogsClient(settings), region),
    quotas: watchErrors(new ServiceQuotasClient(settings), region),
    rds: watchErrors(new RDSClient(settings), region),
    route53: watchErrors(new Route53Client(settings), region),
    s3: watchErrors(new S3Client({ ...settings, forcePathStyle }), region),
    secrets: watchErrors(new SecretsManagerClient(settings), region),
    ssm: watchErrors(new SSMClient(settings), region),
    sts: watchErrors(new STSClient(settings), region),
    tags: watchErrors(new ResourceGroupsTaggingAPIClient(settings), region),
  };
};

/** An account in a region, as {@link connectTo} makes it. */
export type Account = ReturnType<typeof connectTo>;
