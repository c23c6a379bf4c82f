import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAMClient } from '@aws-sdk/client-iam';
import { RDSClient } from '@aws-sdk/client-rds';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { Route53Client } from '@aws-sdk/client-route-53';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { notePlace } from '../cli/explain.ts';

/** The only region from which CloudFront takes certificates and firewalls. */
export const edgeRegion = 'us-east-1';

/** The part of a client that is needed to watch its calls. */
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
 * Returns the settings of every client: more attempts than by default, with growing backoff when
 * AWS throttles. The SDK reads the profile from `AWS_PROFILE` and another address from
 * `AWS_ENDPOINT_URL`.
 */
export const settingsFor = (region: string, profile?: string) => ({
  region,
  maxAttempts: 8,
  retryMode: 'adaptive' as const,
  // Without these timeouts a half-open connection would never fail, and would block Ctrl-C.
  requestHandler: { connectionTimeout: 10_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  ...(profile === undefined ? {} : { profile }),
});

/** Adds the name of the call to each error of a client. Returns the client. */
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

/**
 * Creates clients for the services of an account in a region. If `profile` is given, it replaces
 * the profile of the command. Creating clients makes no call.
 */
export const connectTo = (region: string, profile?: string) => {
  const settings = settingsFor(region, profile);
  // An AWS emulator has one host name without buckets in it.
  const forcePathStyle = (process.env['AWS_ENDPOINT_URL'] ?? '') !== '';
  return {
    region,
    cloudFormation: watchErrors(new CloudFormationClient(settings), region),
    cloudFront: watchErrors(new CloudFrontClient(settings), region),
    ec2: watchErrors(new EC2Client(settings), region),
    ecr: watchErrors(new ECRClient(settings), region),
    ecs: watchErrors(new ECSClient(settings), region),
    iam: watchErrors(new IAMClient(settings), region),
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

/** The clients of an account in a region, as {@link connectTo} creates them. */
export type Account = ReturnType<typeof connectTo>;
