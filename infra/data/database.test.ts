import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from '../policy/templates-of-tests.ts';

const environments = await readEnvironments();
const templates = await templatesOf(environments);

for (const { name, database, isProtected } of environments) {
  const template = Template.fromJSON(templates.find(({ stack }) => stack === `${name}/foundation`) ?? {});

  test(`${name}: MySQL 8.4 with the configured size, encrypted, with a password that RDS manages`, () => {
    template.resourceCountIs('AWS::RDS::DBInstance', 1);
    template.hasResource('AWS::RDS::DBInstance', {
      DeletionPolicy: isProtected ? 'Snapshot' : 'Delete',
      UpdateReplacePolicy: isProtected ? 'Snapshot' : 'Delete',
      Properties: {
        Engine: 'mysql',
        EngineVersion: Match.stringLikeRegexp(String.raw`^8\.4\.`),
        EngineLifecycleSupport: 'open-source-rds-extended-support-disabled',
        DBName: 'sluice',
        DBInstanceClass: `db.${database.instanceType}`,
        MultiAZ: database.isMultiAz,
        StorageType: 'gp3',
        AllocatedStorage: String(database.storageGb),
        MaxAllocatedStorage: database.maxStorageGb,
        StorageEncrypted: true,
        PubliclyAccessible: false,
        ManageMasterUserPassword: true,
        MasterUserPassword: Match.absent(),
        BackupRetentionPeriod: database.backupDays,
        DeletionProtection: isProtected,
        DeleteAutomatedBackups: !isProtected,
        EnablePerformanceInsights: database.hasInsights ? true : Match.absent(),
        MonitoringInterval: database.hasInsights ? 60 : Match.absent(),
        MonitoringRoleArn: database.hasInsights ? Match.anyValue() : Match.absent(),
      },
    });
  });

  test(`${name}: MySQL uses only utf8mb4 and TLS, and logs slow statements`, () => {
    template.hasResourceProperties('AWS::RDS::DBParameterGroup', {
      Family: 'mysql8.4',
      Parameters: {
        character_set_server: 'utf8mb4',
        require_secure_transport: '1',
        slow_query_log: '1',
        long_query_time: '1',
        log_output: 'FILE',
      },
    });
  });

  test(`${name}: the log groups of MySQL are created before it, and deleted with the stack`, () => {
    for (const log of ['error', 'slowquery']) {
      template.hasResource('AWS::Logs::LogGroup', {
        DeletionPolicy: 'Delete',
        Properties: { LogGroupName: `/aws/rds/instance/sluice-${name}/${log}`, RetentionInDays: Match.anyValue() },
      });
    }
    const [instance] = Object.values(template.findResources('AWS::RDS::DBInstance'));
    assert.equal(instance?.['DependsOn'].length, 2);
  });
}
