import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listRetained } from './retained.ts';

test('what stays is told with the reason: last snapshots, and what other environments use', () => {
  const of = (Type: string, DeletionPolicy?: string) => ({ Type, DeletionPolicy, Properties: {} });
  const Resources = {
    Database: of('AWS::RDS::DBInstance', 'Snapshot'),
    GitHub: of('AWS::IAM::OIDCProvider', 'Retain'),
    Kept: of('AWS::SNS::Topic', 'RetainExceptOnCreate'),
    Page: of('AWS::S3::Bucket', 'Delete'),
    Role: of('AWS::IAM::Role'),
  };
  assert.deepEqual(
    listRetained({ Resources }, (id) => id.toLowerCase()),
    [
      'a last snapshot of database (AWS::RDS::DBInstance), because the environment is protected',
      'github (AWS::IAM::OIDCProvider), because GitHub deploys the account’s other environments by it',
      'kept (AWS::SNS::Topic), because its policy says so',
    ],
  );
});
