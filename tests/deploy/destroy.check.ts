import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloudWatchLogsClient, CreateLogGroupCommand, DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateNetworkInterfaceCommand,
  CreateSubnetCommand,
  DeleteSubnetCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { startAccount } from './account/account.ts';
import { plantEnvironment } from './account/plant-environment.ts';
import { run, start } from './command.ts';

const account = await startAccount(testFile, '222222222222');
const settings = {
  region: 'eu-central-1',
  endpoint: `http://127.0.0.1:${account.motoPort}`,
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
};
const ec2 = new EC2Client(settings);
const logs = new CloudWatchLogsClient(settings);
testFile.after(() => ec2.destroy());
testFile.after(() => logs.destroy());

const dev = ['dev', '--profile', 'x', '--yes', '--allow-destructive'];

/** Creates a network interface of Lambda, which AWS deletes some time after its function. */
const plantInterface = async (vpc: string) => {
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock: '10.20.0.0/24' }));
  const { NetworkInterface } = await ec2.send(
    new CreateNetworkInterfaceCommand({
      SubnetId: Subnet?.SubnetId,
      Description: 'AWS Lambda VPC ENI-sluice-dev-rotate-producer',
    }),
  );
  return { id: NetworkInterface?.NetworkInterfaceId ?? assert.fail(), subnet: Subnet?.SubnetId };
};

test('without a terminal, destroys nothing unless both flags are given', async () => {
  await plantEnvironment(account, 'dev', 'dev-0123456789ab');
  const { code, output } = await run(account, 'destroy', dev.slice(0, -1));
  assert.equal(code, 1, output);
  assert.match(output, /✗ Destroying or replacing resources needs a confirmation/);
  assert.equal(account.cloudFormation.statuses()['sluice-dev-app'], 'CREATE_COMPLETE');
});

test('waits for a network interface of Lambda and names it; once it is deleted, deletes the rest', async () => {
  const { id, subnet } = await plantInterface(
    account.cloudFormation.findResource('sluice-dev-foundation', 'NetworkVpc'),
  );
  const rule = account.front.add(async ({ service, action }, ask) => {
    // moto reports every interface as unused. A Lambda interface is in use until Lambda releases
    // it.
    if (service !== 'ec2' || action !== 'DescribeNetworkInterfaces') return undefined;
    const answer = await ask();
    return { ...answer, body: Buffer.from(answer.body.toString().replaceAll('<status>available<', '<status>in-use<')) };
  });
  const { code, output } = await run(account, 'destroy', dev, { SLUICE_POLL_MS: '5' });
  assert.equal(code, 1, output);
  assert.match(output, /✓ sluice-dev-app deleted/);
  assert.match(
    output,
    /sluice-dev-foundation could not be deleted completely; waiting for the resources that block it/,
  );
  assert.match(
    output,
    new RegExp(`✗ Network interfaces of CloudFront and Lambda: timeout after[^\\n]*${id} \\(Lambda\\)`),
  );

  const again = start(account, 'destroy', dev);
  await again.says(/could not be deleted completely/);
  // Lambda releases the interface, and the command that waits for it deletes it. The emulated
  // network can only be deleted without the subnet of the interface.
  await ec2.send(new DeleteSubnetCommand({ SubnetId: subnet }));
  rule();
  const ended = await again.ended;
  assert.equal(ended.code, 0, ended.output);
  assert.match(ended.output, /✓ no billable resources of dev are left/);
});

test('a billable resource with the environment’s tag is named and exits with 1; without one, the command exits with 0', async () => {
  const tags = { application: 'sluice', environment: 'dev' };
  await logs.send(new CreateLogGroupCommand({ logGroupName: 'somebody-made-this', tags }));
  const { code, output } = await run(account, 'destroy', dev, { SLUICE_POLL_MS: '5' });
  assert.equal(code, 1, output);
  assert.match(output, /billable {2}arn:aws:logs:eu-central-1:222222222222:log-group:somebody-made-this/);
  assert.match(output, /✗ Billable resources of dev are left: arn:aws:logs:[^\n]*somebody-made-this/);

  await logs.send(new DeleteLogGroupCommand({ logGroupName: 'somebody-made-this' }));
  const again = await run(account, 'destroy', dev);
  assert.equal(again.code, 0, again.output);
  assert.match(again.output, /No stacks of dev are deployed/);
});
