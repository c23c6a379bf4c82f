import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AccessLevel,
  AllowedMethods,
  CachePolicy,
  Distribution,
  Function as ViewerFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
  VpcOrigin,
  VpcOriginEndpoint,
  type BehaviorOptions,
  type IOrigin,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin, VpcOrigin as VpcOriginOfDistribution } from 'aws-cdk-lib/aws-cloudfront-origins';
import { AaaaRecord, ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import { BlockPublicAccess, Bucket, BucketEncryption, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';
import type { LoadBalancer } from '../network/load-balancer.ts';
import { apiHeaders, cacheControl, securityHeaders } from './page-headers.ts';
import { routePage, sourceOf, stripPrefix, type ViewerRoute } from './viewer-functions.ts';

type FrontendProps = {
  readonly environment: Environment;
  readonly loadBalancer: LoadBalancer;
  readonly logs: IBucket;
  readonly certificate: ICertificate | undefined;
  /** The ARN of the firewall. */
  readonly firewall: string | undefined;
};

/** The page and, under `/api`, the API. Only CloudFront is public, and browsers see one origin. */
export class Frontend extends Construct {
  readonly bucket: Bucket;
  readonly distribution: Distribution;
  readonly #origin: IOrigin;

  constructor(scope: Construct, id: string, props: FrontendProps) {
    super(scope, id);
    const { environment, logs, certificate, firewall } = props;
    const { domain } = environment;
    this.bucket = this.createBucket(logs);
    // Without the right to list, S3 answers 403 for a missing file. The root, which would be the
    // list, is index.html.
    const originAccessLevels = [AccessLevel.READ, AccessLevel.LIST];
    this.#origin = S3BucketOrigin.withOriginAccessControl(this.bucket, { originAccessLevels });
    const page = this.pageBehavior('Page', cacheControl.page, CachePolicy.CACHING_DISABLED, domain);
    const api = this.apiBehavior(props);
    this.distribution = new Distribution(this, 'Distribution', {
      comment: `Sluice ${environment.name}`,
      defaultRootObject: 'index.html',
      defaultBehavior: { ...page, functionAssociations: [this.createFunction('RoutePage', routePage)] },
      additionalBehaviors: {
        // Their names change with their content.
        '/assets/*': this.pageBehavior('Assets', cacheControl.assets, CachePolicy.CACHING_OPTIMIZED, domain),
        // The pattern with the slash does not match `/api`, which is the root of the API.
        '/api': api,
        '/api/*': api,
      },
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      enableLogging: true,
      logBucket: logs,
      logFilePrefix: 'distribution/',
      ...(firewall === undefined ? {} : { webAclId: firewall }),
      ...(domain === undefined || certificate === undefined
        ? {}
        : {
            domainNames: [domain.name],
            certificate,
            minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
          }),
    });
    this.acknowledge(environment);
    if (domain !== undefined) this.createRecords(domain);
  }

  private createBucket(logs: IBucket): Bucket {
    return new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      versioned: true,
      lifecycleRules: [{ noncurrentVersionExpiration: Duration.days(30) }],
      serverAccessLogsBucket: logs,
      serverAccessLogsPrefix: 'page/',
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  private pageBehavior(
    name: string,
    kept: string,
    cachePolicy: CachePolicy | typeof CachePolicy.CACHING_DISABLED,
    domain: Environment['domain'],
  ): BehaviorOptions {
    return {
      origin: this.#origin,
      viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
      allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
      cachePolicy,
      compress: true,
      responseHeadersPolicy: this.createHeaders(name, { ...securityHeaders, 'cache-control': kept }, domain),
    };
  }

  /**
   * Passes streams through as they come: CloudFront neither caches nor compresses them, and its
   * timeouts are longer than the API's own limits.
   */
  private apiBehavior({ loadBalancer, environment: { domain } }: FrontendProps): BehaviorOptions {
    return {
      origin: VpcOriginOfDistribution.withVpcOrigin(this.createVpcOrigin(loadBalancer, domain), {
        // The certificate of the load balancer is for the domain.
        ...(domain === undefined ? {} : { domainName: domain.name }),
        readTimeout: Duration.seconds(120),
        keepaliveTimeout: Duration.seconds(60),
      }),
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      allowedMethods: AllowedMethods.ALLOW_ALL,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      compress: false,
      responseHeadersPolicy: this.createHeaders('Api', apiHeaders, domain),
      functionAssociations: [this.createFunction('StripPrefix', stripPrefix)],
    };
  }

  /**
   * Creates the VPC origin. CloudFront refuses every change of one that is in use, so each protocol
   * has an origin of its own. An environment that gets a domain gets another origin. The
   * distribution moves to it, and then CloudFormation removes the old origin and its listener.
   */
  private createVpcOrigin({ balancer, listener }: LoadBalancer, domain: Environment['domain']): VpcOrigin {
    const origin = new VpcOrigin(this, domain === undefined ? 'HttpOrigin' : 'HttpsOrigin', {
      endpoint: VpcOriginEndpoint.applicationLoadBalancer(balancer),
      // By default CloudFront uses the viewer's protocol, and nothing listens on its port.
      protocolPolicy: domain === undefined ? OriginProtocolPolicy.HTTP_ONLY : OriginProtocolPolicy.HTTPS_ONLY,
    });
    // The distribution moves only once something listens.
    origin.node.addDependency(listener);
    return origin;
  }

  private createFunction(name: string, route: ViewerRoute) {
    const code = FunctionCode.fromInline(sourceOf(route));
    return {
      eventType: FunctionEventType.VIEWER_REQUEST,
      function: new ViewerFunction(this, name, { code, runtime: FunctionRuntime.JS_2_0 }),
    };
  }

  /**
   * Creates the policy that adds headers. A Content-Security-Policy that the API wrote itself stays.
   */
  private createHeaders(
    name: string,
    headers: typeof apiHeaders | (typeof securityHeaders & { readonly 'cache-control': string }),
    domain: Environment['domain'],
  ): ResponseHeadersPolicy {
    const known = new Set(['content-security-policy', 'referrer-policy', 'x-content-type-options']);
    return new ResponseHeadersPolicy(this, `${name}Headers`, {
      customHeadersBehavior: {
        customHeaders: Object.entries(headers)
          .filter(([header]) => !known.has(header))
          .map(([header, value]) => ({ header, value, override: true })),
      },
      securityHeadersBehavior: {
        contentSecurityPolicy: {
          contentSecurityPolicy: headers['content-security-policy'],
          override: headers !== apiHeaders,
        },
        contentTypeOptions: { override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: {
          accessControlMaxAge: Duration.days(365),
          includeSubdomains: domain?.hstsIncludesSubdomains ?? false,
          override: true,
        },
      },
    });
  }

  private createRecords({ name, hostedZoneId }: NonNullable<Environment['domain']>): void {
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId, zoneName: name });
    const target = RecordTarget.fromAlias(new CloudFrontTarget(this.distribution));
    new ARecord(this, 'Ipv4', { zone, target });
    new AaaaRecord(this, 'Ipv6', { zone, target });
  }

  private acknowledge({ firewall, domain }: Environment): void {
    const validations = Validations.of(this.distribution);
    validations.acknowledge({
      id: 'AwsSolutions::AwsSolutions-CFR1',
      reason: 'Clients may be in any country',
    });
    validations.acknowledge({
      id: 'Annotation::@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk',
      reason: 'The distribution has a default root object, so nobody can list the bucket',
    });
    if (firewall === undefined) {
      validations.acknowledge({
        id: 'AwsSolutions::AwsSolutions-CFR2',
        reason: 'firewall is not set: only the developers of Sluice use this environment',
      });
    }
    if (domain === undefined) {
      validations.acknowledge({
        id: 'AwsSolutions::AwsSolutions-CFR4',
        reason: 'Without a domain, the certificate is CloudFront’s own, and its TLS version cannot be chosen',
      });
    }
  }
}
