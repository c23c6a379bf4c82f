import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  FlowLogDestination,
  GatewayVpcEndpointAwsService,
  InterfaceVpcEndpointAwsService,
  IpAddresses,
  SubnetType,
  Vpc,
  type SubnetSelection,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';
import { bucketStatements, statementsOf } from './endpoint-policies.ts';
import { createNatInstance } from './nat-instance.ts';
import { SecurityGroups } from './security-groups.ts';

/** The subnets of everything that works or holds data. Only NAT has a public address, if there is one. */
export const privateSubnets: SubnetSelection = { subnetType: SubnetType.PRIVATE_WITH_EGRESS };

/**
 * The network of an environment: a public and a private subnet in each zone, its routes to the
 * outside, and the security groups.
 */
export class Network extends Construct {
  readonly vpc: Vpc;
  readonly groups: SecurityGroups;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const { cidr, zones, nat, natGateways, hasInterfaceEndpoints, hasFlowLogs } = environment.network;
    const natInstance = nat === 'instance' ? createNatInstance() : undefined;
    this.vpc = new Vpc(this, 'Vpc', {
      ipAddresses: IpAddresses.cidr(cidr),
      maxAzs: zones.length,
      natGateways,
      ...(natInstance === undefined ? {} : { natGatewayProvider: natInstance.provider }),
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
        { name: 'Private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
      ],
      // CDK would empty the default group with a function whose logs outlive the stack. Nothing is
      // in that group.
      restrictDefaultSecurityGroup: false,
    });
    Validations.of(this.vpc).acknowledge({
      id: 'CloudFormation-Validate::W3010',
      reason: 'The environment lists its zones, and its schema checks them. A lookup could return other zones later',
    });
    natInstance?.complete();
    const buckets = this.vpc.addGatewayEndpoint('S3', {
      service: GatewayVpcEndpointAwsService.S3,
      subnets: [privateSubnets],
    });
    for (const statement of bucketStatements(environment)) buckets.addToPolicy(statement);
    this.groups = new SecurityGroups(this, 'Groups', {
      vpc: this.vpc,
      environment,
      nat: natInstance?.provider.securityGroup,
    });
    if (hasInterfaceEndpoints) this.addInterfaceEndpoints(environment);
    if (hasFlowLogs) this.logFlows(environment);
    else {
      Validations.of(this.vpc).acknowledge({
        id: 'AwsSolutions::AwsSolutions-VPC7',
        reason:
          'network.hasFlowLogs is false: this environment holds no data of users, and flow logs cost more than they are worth',
      });
    }
  }

  private addInterfaceEndpoints(environment: Environment): void {
    const { ECR, ECR_DOCKER, CLOUDWATCH_LOGS, SECRETS_MANAGER } = InterfaceVpcEndpointAwsService;
    for (const [name, endpoint, service] of [
      ['ECR', ECR, 'ecr'],
      ['ECR_DOCKER', ECR_DOCKER, 'ecr'],
      ['CLOUDWATCH_LOGS', CLOUDWATCH_LOGS, 'logs'],
      ['SECRETS_MANAGER', SECRETS_MANAGER, 'secretsmanager'],
    ] as const) {
      const added = this.vpc.addInterfaceEndpoint(name, {
        service: endpoint,
        subnets: privateSubnets,
        securityGroups: this.groups.endpoints === undefined ? [] : [this.groups.endpoints],
        // The security group defines the access. CDK would allow the whole network.
        open: false,
      });
      for (const statement of statementsOf(service, environment)) added.addToPolicy(statement);
    }
  }

  private logFlows({ logDays }: Environment): void {
    const logGroup = new LogGroup(this, 'Flows', { retention: logDays, removalPolicy: RemovalPolicy.DESTROY });
    this.vpc.addFlowLog('FlowLog', { destination: FlowLogDestination.toCloudWatchLogs(logGroup) });
  }
}
