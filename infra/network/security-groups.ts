import { Peer, Port, SecurityGroup, type IPeer, type ISecurityGroup, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';
import { regions } from '../schema/regions.ts';
import { envoyPort } from '../services/ports.ts';

type Scope = Pick<Environment, 'region' | 'network'>;

type SecurityGroupsProps = {
  readonly vpc: IVpc;
  readonly environment: Scope;
  /** The group of the NAT instance, if there is one. */
  readonly nat: ISecurityGroup | undefined;
};

/**
 * Every security group, and with them every allowed connection. No other connection is possible.
 * All groups are in one construct because groups that name each other must be in one stack. Each
 * connection is allowed at both ends: out of one group and into the other.
 */
export class SecurityGroups extends Construct {
  readonly loadBalancer: SecurityGroup;
  /** The second group of the load balancer, for TLS. */
  readonly loadBalancerTls: SecurityGroup;
  readonly producer: SecurityGroup;
  readonly consumer: SecurityGroup;
  readonly databaseSetup: SecurityGroup;
  readonly rotation: SecurityGroup;
  readonly database: SecurityGroup;
  readonly queue: SecurityGroup;
  /** The group of the interface endpoints, if there are any. */
  readonly endpoints: SecurityGroup | undefined;

  constructor(scope: Construct, id: string, { vpc, environment, nat }: SecurityGroupsProps) {
    super(scope, id);
    const group = (name: string, description: string) =>
      new SecurityGroup(this, name, { vpc, description, allowAllOutbound: false });

    this.loadBalancer = group('LoadBalancer', 'The load balancer of the API');
    this.loadBalancerTls = group('LoadBalancerTls', 'The load balancer of the API, with a domain');
    this.producer = group('Producer', 'Tasks of the API');
    this.consumer = group('Consumer', 'Tasks that record');
    this.databaseSetup = group('DatabaseSetup', 'The function that sets up the database');
    this.rotation = group('Rotation', 'The functions that rotate passwords of the database');
    this.database = group('Database', 'MySQL');
    this.queue = group('Queue', 'Valkey');
    this.endpoints = environment.network.hasInterfaceEndpoints ? group('Endpoints', 'Endpoints of AWS') : undefined;

    // Both rules are always there, so that an environment can get or lose a domain without a change
    // of the network: the load balancer listens on one port only. Each has a group of its own,
    // because the list counts as 55 of the 60 rules that a group may have.
    const cloudFront = Peer.prefixList(regions[environment.region].cloudFrontPrefixList);
    this.loadBalancer.addIngressRule(cloudFront, Port.tcp(80), 'CloudFront');
    this.loadBalancerTls.addIngressRule(cloudFront, Port.tcp(443), 'CloudFront, with a domain');
    connect(this.loadBalancer, this.producer, envoyPort, 'The API, through Envoy');
    // The port of release 0.1.0. Its tasks answer until a release has replaced them.
    connect(this.loadBalancer, this.producer, 80, 'The API, through Envoy');
    for (const service of [this.producer, this.consumer]) {
      connect(service, this.database, 3306, 'MySQL');
      connect(service, this.queue, 6379, 'Valkey');
    }
    for (const work of [this.databaseSetup, this.rotation]) connect(work, this.database, 3306, 'MySQL');
    for (const caller of [this.producer, this.consumer, this.databaseSetup, this.rotation]) {
      this.allowAws(caller, environment);
      // Callers may reach any address already. The instance takes only what they send.
      nat?.addIngressRule(caller, Port.tcp(443), 'AWS, through NAT');
    }
    // It also installs its packages through this rule.
    nat?.addEgressRule(Peer.anyIpv4(), Port.tcp(443), 'AWS');
  }

  /** Allows images, logs, secrets, and the address that receives answers of custom resources. */
  private allowAws(caller: SecurityGroup, { region }: Scope): void {
    if (this.endpoints === undefined) {
      allowOut(caller, Peer.anyIpv4(), 443, 'AWS, through NAT');
      return;
    }
    connect(caller, this.endpoints, 443, 'AWS, through endpoints');
    allowOut(caller, Peer.prefixList(regions[region].s3PrefixList), 443, 'S3, through its gateway endpoint');
  }
}

const connect = (from: SecurityGroup, to: SecurityGroup, port: number, what: string): void => {
  from.connections.allowTo(to, Port.tcp(port), what);
};

const allowOut = (from: SecurityGroup, to: IPeer, port: number, what: string): void => {
  from.addEgressRule(to, Port.tcp(port), what);
};
