import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listRetained } from './retained.ts';

test('lists retained resources with the reason: final snapshots, and resources that other environments use', () => {
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
      'the final snapshot of database (AWS::RDS::DBInstance), because the environment is protected',
      'github (AWS::IAM::OIDCProvider), because the account’s other environments also deploy with it',
      'kept (AWS::SNS::Topic), because of its deletion policy (RetainExceptOnCreate)',
    ],
  );
});
