import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Resource, StackTemplate } from '@sluice/infra/policy/template.ts';

// Each linter must find its faults, so that a linter that reads nothing does not pass.

const resourceOf = (type: string, Properties: Resource['Properties']): Resource => ({
  Type: `AWS::${type}`,
  Properties,
});
const policyOf = (statement: object) =>
  resourceOf('IAM::Policy', { PolicyName: 'p', Roles: ['r'], PolicyDocument: documentOf(statement) });
const documentOf = (statement: object) => ({ Version: '2012-10-17', Statement: [statement] });

/** A template of an environment `planted` with the faults. */
export const plantedTemplate: StackTemplate = {
  stack: 'planted/app',
  Resources: {
    Public: resourceOf('RDS::DBInstance', {
      DBInstanceClass: 'db.t4g.micro',
      Engine: 'mysql',
      AllocatedStorage: '20',
      StorageEncrypted: true,
      ManageMasterUserPassword: true,
      MasterUsername: 'admin',
      PubliclyAccessible: true,
    }),
    Bucket: resourceOf('S3::Bucket', {}),
    Endless: resourceOf('Logs::LogGroup', {}),
    Effect: policyOf({ Effect: 'Alow', Action: 's3:GetObject', Resource: '*' }),
    Action: policyOf({ Effect: 'Allow', Action: ['elasticache:Conect'], Resource: '*' }),
    Mismatch: policyOf({ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket' }),
    Inverse: policyOf({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }),
    Service: resourceOf('S3::BucketPolicy', {
      Bucket: 'b',
      PolicyDocument: documentOf({ Effect: 'Deny', Action: 's4:*', Resource: 'arn:aws:s3:::b', Principal: '*' }),
    }),
  },
  Outputs: { Secret: { Value: '{{resolve:secretsmanager:x}}' } },
};

/** Writes a Dockerfile with a fault. */
export const plantedDockerfile = (): { readonly file: string; readonly remove: () => void } => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-planted-'));
  const file = join(folder, 'Dockerfile');
  writeFileSync(file, 'FROM debian:latest\nRUN cd /tmp\n');
  return { file, remove: () => rmSync(folder, { recursive: true }) };
};

/** The faults: the rule that finds each, and its place. */
export const plantedFaults: readonly { readonly rule: string; readonly path: string }[] = [
  { rule: 'CKV_AWS_17', path: 'app/Public' },
  { rule: 'CKV_AWS_53', path: 'app/Bucket' },
  { rule: 'CKV_AWS_66', path: 'app/Endless' },
  { rule: 'E3510', path: 'app/Effect' },
  { rule: 'MALFORMED', path: 'app/Effect' },
  { rule: 'W3037', path: 'app/Action' },
  { rule: 'UNKNOWN_ACTION', path: 'app/Action' },
  { rule: 'RESOURCE_MISMATCH', path: 'app/Mismatch' },
  { rule: 'CKV_AWS_109', path: 'app/Inverse' },
  { rule: 'UNKNOWN_PREFIX', path: 'app/Service' },
  { rule: 'E1051', path: 'app' },
  { rule: 'DL3007', path: 'line 1' },
];
