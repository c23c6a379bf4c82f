import { AssetHashType, CustomResource, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Effect, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { DatabaseSecret } from 'aws-cdk-lib/aws-rds';
import { HostedRotation, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { bundleDatabaseSetup, databaseSetupFolder } from '../bundle-database-setup.ts';
import type { Environment } from '../schema/environment.ts';
import { databaseName, type Database } from './database.ts';
import { privateSubnets, type Network } from '../network/network.ts';

type DatabaseSetupProps = {
  readonly network: Network;
  readonly database: Database;
  readonly environment: Environment;
};

const networkChanges = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:UnassignPrivateIpAddresses',
] as const;
const networkReads = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'] as const;

/** A user of the database, next to its administrator. */
export type DatabaseUser = 'migrator' | 'producer' | 'consumer';

/**
 * The users of the database with their secrets, and the function that creates them and applies the
 * migrations (apps/database-setup). CloudFormation runs the function when migrations or secrets
 * change, so before it deploys the services that need them.
 */
export class DatabaseSetup extends Construct {
  /** A login for each user. Secrets Manager rotates it every 30 days. */
  readonly secrets: Readonly<Record<DatabaseUser, ISecret>>;

  constructor(scope: Construct, id: string, props: DatabaseSetupProps) {
    super(scope, id);
    const { database } = props;
    const secretOf = (user: DatabaseUser) =>
      new DatabaseSecret(this, `Secret-${user}`, { username: user, dbname: databaseName }).attach(database.instance);
    this.secrets = { migrator: secretOf('migrator'), producer: secretOf('producer'), consumer: secretOf('consumer') };
    const code = bundleCode();
    const setUpFunction = this.createFunction(code, props);
    const setUp = this.runFunction(setUpFunction, code, props);
    setUp.node.addDependency(this.denyNetwork(setUpFunction));
    // The function needs every route of the network. Rules of security groups and endpoints are
    // resources of their own.
    setUp.node.addDependency(props.network);
    this.rotate(setUp, props);
  }

  private createFunction(code: Code, { network, database, environment }: DatabaseSetupProps): LambdaFunction {
    const logGroup = new LogGroup(this, 'Log', {
      retention: environment.logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const { instance, administrator } = database;
    const setUp = new LambdaFunction(this, 'Function', {
      description: 'Creates the database, its users and its tables',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code,
      role: this.createRole(logGroup),
      memorySize: 512,
      timeout: Duration.minutes(10),
      loggingFormat: LoggingFormat.TEXT,
      logGroup,
      vpc: network.vpc,
      vpcSubnets: privateSubnets,
      securityGroups: [network.groups.databaseSetup],
      environment: {
        DB_HOST: instance.dbInstanceEndpointAddress,
        DB_NAME: databaseName,
        DB_TLS: 'true',
        DB_SECRET_ARN: administrator.secretArn,
        DB_MIGRATOR_SECRET_ARN: this.secrets.migrator.secretArn,
        DB_PRODUCER_SECRET_ARN: this.secrets.producer.secretArn,
        DB_CONSUMER_SECRET_ARN: this.secrets.consumer.secretArn,
      },
    });
    for (const secret of [administrator, ...Object.values(this.secrets)]) secret.grantRead(setUp);
    return setUp;
  }

  /**
   * Creates a role that cannot create log groups. Otherwise the function would recreate its group
   * by logging while it is deleted.
   */
  private createRole(logGroup: LogGroup): Role {
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    const { region, account } = Stack.of(this);
    const interfaces = `arn:aws:ec2:${region}:${account}:*/*`;
    role.addToPolicy(new PolicyStatement({ actions: [...networkChanges], resources: [interfaces] }));
    role.addToPolicy(new PolicyStatement({ actions: [...networkReads], resources: ['*'] }));
    Validations.of(role).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${interfaces}]`,
      reason:
        'Lambda creates its network interfaces with these rights, and rejects a role that has them only for some subnets. NetworkDenial denies them to the code of the function',
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason: 'EC2 checks these reads for all resources',
    });
    return role;
  }

  /**
   * Denies the function's code the rights that Lambda has through its role ("Giving Lambda
   * functions access to resources in an Amazon VPC", security best practices). Calls of the code
   * carry the function's ARN, calls of the service do not. The policy is a resource of its own
   * because the role exists before the function.
   */
  private denyNetwork(setUp: LambdaFunction): Policy {
    return new Policy(this, 'NetworkDenial', {
      roles: setUp.role === undefined ? [] : [setUp.role],
      statements: [
        new PolicyStatement({
          effect: Effect.DENY,
          actions: [...networkChanges, ...networkReads],
          resources: ['*'],
          conditions: { ArnEquals: { 'lambda:SourceFunctionArn': setUp.functionArn } },
        }),
      ],
    });
  }

  private runFunction(setUp: LambdaFunction, code: Code, { environment }: DatabaseSetupProps): CustomResource {
    return new CustomResource(this, 'Run', {
      resourceType: 'Custom::DatabaseSetup',
      serviceToken: setUp.functionArn,
      serviceTimeout: Duration.minutes(11),
      // Named after its hash, which covers the whole function: its migrations and the rights that
      // it grants.
      properties: {
        Code: code.bind(this).s3Location?.objectKey,
        Secrets: Object.values(this.secrets).map(({ secretArn }) => secretArn),
        ImportFile: environment.database.importFile,
      },
    });
  }

  /** Rotates secrets with AWS's own function, one for each user, once the user exists. */
  private rotate(setUp: CustomResource, { network, environment }: DatabaseSetupProps): void {
    for (const [user, secret] of Object.entries(this.secrets)) {
      const functionName = `sluice-${environment.name}-rotate-${user}`;
      const logGroup = new LogGroup(this, `RotationLog-${user}`, {
        logGroupName: `/aws/lambda/${functionName}`,
        retention: environment.logDays,
        removalPolicy: RemovalPolicy.DESTROY,
      });
      const schedule = secret.addRotationSchedule('Rotation', {
        automaticallyAfter: Duration.days(30),
        rotateImmediatelyOnUpdate: false,
        hostedRotation: HostedRotation.mysqlSingleUser({
          functionName,
          vpc: network.vpc,
          vpcSubnets: privateSubnets,
          securityGroups: [network.groups.rotation],
        }),
      });
      schedule.node.addDependency(setUp, logGroup);
    }
  }
}

/** Bundles the code. CDK bundles once for all environments, and never uses the image. */
const bundleCode = (): Code =>
  Code.fromAsset(databaseSetupFolder, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: { image: Runtime.NODEJS_24_X.bundlingImage, local: { tryBundle } },
  });

const tryBundle = (folder: string): boolean => {
  bundleDatabaseSetup(folder);
  return true;
};
