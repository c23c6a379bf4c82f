import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { InstanceType, type ISecurityGroup, type IVpc } from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  Credentials,
  DatabaseInstance,
  DatabaseInstanceEngine,
  DatabaseInsightsMode,
  EngineLifecycleSupport,
  MysqlEngineVersion,
  ParameterGroup,
  PerformanceInsightRetention,
  StorageType,
} from 'aws-cdk-lib/aws-rds';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';
import { privateSubnets } from '../network/network.ts';

type DatabaseProps = { readonly vpc: IVpc; readonly securityGroup: ISecurityGroup; readonly environment: Environment };

const logs = ['error', 'slowquery'];

/** The name of the database on the server. */
export const databaseName = 'sluice';

/**
 * MySQL. RDS keeps the administrator's password in a secret of its own, and rotates it every week.
 */
export class Database extends Construct {
  readonly instance: DatabaseInstance;
  readonly administrator: ISecret;

  constructor(scope: Construct, id: string, props: DatabaseProps) {
    super(scope, id);
    const { database, isProtected } = props.environment;
    const identifier = `sluice-${props.environment.name}`;
    // Newer patches install themselves. A downgrade is not possible.
    const engine = DatabaseInstanceEngine.mysql({ version: MysqlEngineVersion.VER_8_4_10 });
    this.instance = new DatabaseInstance(this, 'Instance', {
      engine,
      engineLifecycleSupport: EngineLifecycleSupport.OPEN_SOURCE_RDS_EXTENDED_SUPPORT_DISABLED,
      autoMinorVersionUpgrade: true,
      instanceIdentifier: identifier,
      databaseName,
      credentials: Credentials.fromUsername('administrator'),
      manageMasterUserPassword: true,
      ...placeOf(props),
      instanceType: new InstanceType(database.instanceType),
      multiAz: database.isMultiAz,
      storageType: StorageType.GP3,
      allocatedStorage: database.storageGb,
      maxAllocatedStorage: database.maxStorageGb,
      storageEncrypted: true,
      parameterGroup: this.createParameters(engine),
      cloudwatchLogsExports: logs,
      ...(database.hasInsights ? insights : {}),
      backupRetention: Duration.days(database.backupDays),
      // In UTC. The second window begins after the first.
      preferredBackupWindow: '01:00-01:30',
      preferredMaintenanceWindow: 'sun:02:00-sun:02:30',
      copyTagsToSnapshot: true,
      deletionProtection: isProtected,
      deleteAutomatedBackups: !isProtected,
      removalPolicy: isProtected ? RemovalPolicy.SNAPSHOT : RemovalPolicy.DESTROY,
    });
    this.keepLogs(identifier, props.environment);
    this.acknowledge(props.environment);
    const { secret } = this.instance;
    if (secret === undefined) throw new Error('RDS keeps no secret of the administrator');
    this.administrator = secret;
  }

  private createParameters(engine: ReturnType<typeof DatabaseInstanceEngine.mysql>): ParameterGroup {
    return new ParameterGroup(this, 'Parameters', {
      engine,
      description: 'Sluice',
      parameters: {
        character_set_server: 'utf8mb4',
        collation_server: 'utf8mb4_0900_ai_ci',
        require_secure_transport: '1',
        slow_query_log: '1',
        long_query_time: '1',
        log_output: 'FILE',
      },
    });
  }

  /**
   * Creates the log groups. RDS would create them itself, without expiry, and they would outlive
   * the stack.
   */
  private keepLogs(identifier: string, { logDays }: Environment): void {
    for (const log of logs) {
      const logGroup = new LogGroup(this, `Log-${log}`, {
        logGroupName: `/aws/rds/instance/${identifier}/${log}`,
        retention: logDays,
        removalPolicy: RemovalPolicy.DESTROY,
      });
      this.instance.node.addDependency(logGroup);
    }
  }

  private acknowledge({ isProtected, database }: Environment): void {
    const validations = Validations.of(this.instance);
    validations.acknowledge({
      id: 'AwsSolutions::AwsSolutions-RDS11',
      reason: 'The port is the default one; security groups allow only four groups to reach it',
    });
    if (database.hasInsights) {
      validations.acknowledge({
        id: 'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole]',
        reason: 'The policy that AWS keeps for this role. It writes only to log groups whose names begin with RDS',
      });
    }
    if (!isProtected) {
      validations.acknowledge({
        id: 'AwsSolutions::AwsSolutions-RDS10',
        reason: 'isProtected is false: this environment must be easy to destroy',
      });
    }
    if (!database.isMultiAz) {
      validations.acknowledge({
        id: 'AwsSolutions::AwsSolutions-RDS3',
        reason: 'database.isMultiAz is false: while its zone is unavailable, counts wait in the queue',
      });
    }
  }
}

const placeOf = ({ vpc, securityGroup }: DatabaseProps) => ({
  vpc,
  vpcSubnets: privateSubnets,
  securityGroups: [securityGroup],
  publiclyAccessible: false,
});

const insights = {
  // Processes, memory and disks of the machine, as the log group RDSOSMetrics. RDS creates it for
  // all databases of the region, and keeps its lines for 30 days.
  monitoringInterval: Duration.seconds(60),
  enablePerformanceInsights: true,
  databaseInsightsMode: DatabaseInsightsMode.STANDARD,
  // Seven days are free.
  performanceInsightRetention: PerformanceInsightRetention.DEFAULT,
};
