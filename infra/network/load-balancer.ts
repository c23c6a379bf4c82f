import { Duration } from 'aws-cdk-lib';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import type { ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationTargetGroup,
  CfnLoadBalancer,
  DesyncMitigationMode,
  ListenerAction,
  SslPolicy,
  TargetType,
  type ApplicationListener,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';
import { privateSubnets } from './network.ts';

type LoadBalancerProps = {
  readonly vpc: IVpc;
  readonly securityGroups: readonly [ISecurityGroup, ...ISecurityGroup[]];
  readonly environment: Environment;
  readonly logs: IBucket;
};

/**
 * The load balancer of the API. It has only private addresses. CloudFront reaches it through a VPC
 * origin.
 */
export class LoadBalancer extends Construct {
  readonly balancer: ApplicationLoadBalancer;
  readonly targets: ApplicationTargetGroup;
  readonly listener: ApplicationListener;

  constructor(scope: Construct, id: string, { vpc, securityGroups, environment, logs }: LoadBalancerProps) {
    super(scope, id);
    this.balancer = new ApplicationLoadBalancer(this, 'Balancer', {
      vpc,
      vpcSubnets: privateSubnets,
      internetFacing: false,
      securityGroup: securityGroups[0],
      dropInvalidHeaderFields: true,
      // Refuses requests that two parsers could read differently (request smuggling).
      desyncMitigationMode: DesyncMitigationMode.STRICTEST,
      deletionProtection: environment.isProtected,
      // Longer than the pause between two events of a stream, shorter than CloudFront's timeout.
      idleTimeout: Duration.seconds(115),
    });
    const resource = this.balancer.node.defaultChild;
    // CDK's own way would also allow connections from each group to the targets.
    if (resource instanceof CfnLoadBalancer)
      resource.securityGroups = securityGroups.map(({ securityGroupId }) => securityGroupId);
    this.balancer.logAccessLogs(logs, 'load-balancer');
    this.targets = new ApplicationTargetGroup(this, 'Targets', {
      vpc,
      targetType: TargetType.IP,
      // Each target is registered with the port of its container (`envoyPort`). Another port here
      // would replace the group, and the API would be unavailable meanwhile.
      port: 80,
      protocol: ApplicationProtocol.HTTP,
      // A stopped task answers its open requests within 10 s.
      deregistrationDelay: Duration.seconds(15),
      healthCheck: {
        path: '/health',
        healthyHttpCodes: '200',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 3,
      },
    });
    this.listener = this.createListener(environment);
  }

  private createListener({ domain }: Environment): ApplicationListener {
    const defaultAction = ListenerAction.forward([this.targets]);
    // The security group defines the access. CDK would allow every address.
    const open = false;
    if (domain === undefined) {
      return this.balancer.addListener('Http', { port: 80, protocol: ApplicationProtocol.HTTP, defaultAction, open });
    }
    const zone = HostedZone.fromHostedZoneAttributes(this, 'Zone', {
      hostedZoneId: domain.hostedZoneId,
      zoneName: domain.name,
    });
    const certificate = new Certificate(this, 'Certificate', {
      domainName: domain.name,
      validation: CertificateValidation.fromDns(zone),
    });
    return this.balancer.addListener('Https', {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      sslPolicy: SslPolicy.RECOMMENDED_TLS,
      certificates: [certificate],
      defaultAction,
      open,
    });
  }
}
