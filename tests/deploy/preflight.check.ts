import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { DeleteRoleCommand, IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { repository } from '@sluice/local/folder.ts';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { startAccount } from './account/account.ts';
import { run, start, withoutAws } from './command.ts';
import { denyServiceRoles, expireCredentials, throttle } from './faults.ts';

const account = await startAccount(testFile, '222222222222');
const dev = ['dev', '--profile', 'x', '--yes'];

const iam = new IAMClient({
  region: 'eu-central-1',
  endpoint: `http://127.0.0.1:${account.motoPort}`,
  credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
});
testFile.after(() => iam.destroy());

/** Runs the command that the error message suggests. */
const bootstrap = async (): Promise<void> => {
  const cdk = fileURLToPath(import.meta.resolve('aws-cdk/bin/cdk'));
  const child = spawn(process.execPath, [cdk, 'bootstrap', 'aws://222222222222/eu-central-1'], {
    cwd: join(repository, 'infra'),
    env: { ...withoutAws(process.env), ...account.variables, AWS_PROFILE: 'x' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [said, complained] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  assert.equal(child.exitCode, 0, said + complained);
};

test('expired credentials exit with 1 and how to renew them, before any other call', async () => {
  const remove = account.front.add(expireCredentials);
  const { code, output } = await run(account, 'deploy', dev);
  remove();
  assert.equal(code, 1, output);
  assert.match(
    output,
    /✗ The credentials have expired: The security token included in the request is expired\n {2}where {2}STS/,
  );
  assert.match(output, /fix {4}renew them \(aws sso login --profile/);
  assert.deepEqual([...new Set(account.front.asked)], ['sts:GetCallerIdentity']);
});

test('reports all problems of the machine and the arguments at once', async () => {
  const { code, output } = await run(account, 'deploy', ['dev', '--profile', 'nobody', '--yes'], {
    DOCKER_HOST: 'unix:///nowhere/docker.sock',
  });
  assert.equal(code, 1, output);
  assert.match(output, /nobody/);
  assert.match(output, /[Dd]ocker/);
  assert.equal(output.match(/^ {2}fix {4}/gm)?.length, 2, output);
});

test('without a bootstrap stack, prints the command that creates it, and continues once it exists', async () => {
  const { code, output } = await run(account, 'deploy', dev);
  assert.equal(code, 1, output);
  assert.match(output, /✗ The bootstrap stack of CDK is missing/);
  assert.match(output, /fix {4}npx --workspace infra cdk bootstrap aws:\/\/222222222222\/eu-central-1/);
  assert.doesNotMatch(output, /Plan/);

  await bootstrap();
  const again = start(account, 'deploy', dev);
  await again.says(/✓ arn:aws:sts::222222222222:user\/moto, dev in eu-central-1/);
  again.signal('SIGINT');
  assert.equal((await again.ended).code, 130, again.output());
});

const listLinkedServices = async (): Promise<string[]> => {
  const { Roles = [] } = await iam.send(new ListRolesCommand({ PathPrefix: '/aws-service-role/' }));
  return Roles.map(({ Path = '' }) => Path.split('/')[2] ?? '').toSorted();
};

test('creates the service-linked roles that an account lacks, or names the command for each', async () => {
  // The test before has created them all.
  const { Roles = [] } = await iam.send(new ListRolesCommand({ PathPrefix: '/aws-service-role/ecs.amazonaws.com/' }));
  for (const { RoleName } of Roles) await iam.send(new DeleteRoleCommand({ RoleName }));
  const remove = account.front.add(denyServiceRoles);
  const { code, output } = await run(account, 'deploy', dev);
  remove();
  assert.equal(code, 1, output);
  assert.match(
    output,
    /✗ The service-linked role of ecs\.amazonaws\.com is missing and could not be created\. The credentials lack a permission: [^\n]*iam:CreateServiceLinkedRole/,
  );
  assert.match(output, /fix {4}aws iam create-service-linked-role --aws-service-name ecs\.amazonaws\.com,/);
  assert.equal(output.match(/^ {2}fix {4}/gm)?.length, 1, output);
  assert.doesNotMatch(output, /Plan/);

  const again = start(account, 'deploy', dev);
  await again.says(/✓ service-linked roles created: ecs\.amazonaws\.com\n/);
  await again.says(/Plan/);
  again.signal('SIGINT');
  await again.ended;
  assert.deepEqual(await listLinkedServices(), [
    'ecs.amazonaws.com',
    'ecs.application-autoscaling.amazonaws.com',
    'elasticache.amazonaws.com',
    'elasticloadbalancing.amazonaws.com',
    'rds.amazonaws.com',
    'vpcorigin.cloudfront.amazonaws.com',
  ]);
});

test('permanent throttling exits with 1 and says so', async () => {
  const remove = account.front.add(throttle('sts'));
  const { code, output } = await run(account, 'deploy', dev);
  remove();
  assert.equal(code, 1, output);
  assert.match(
    output,
    /✗ AWS throttled the call, even after retries with backoff[^\n]*Rate exceeded\n {2}where {2}STS/,
  );
  assert.match(output, /fix {4}wait a minute, then run the same command again/);
});

test('without a terminal, prints no animation and no colours', async () => {
  const { output } = await run(account, 'deploy', ['nowhere'], { CI: 'true', FORCE_COLOR: undefined });
  // oxlint-disable-next-line no-control-regex -- colors are control characters
  assert.doesNotMatch(output, /\u001b\[|\r/);
  assert.match(output, /Unknown environment nowhere\. Choose one of: test, dev, stage, prod/);
});

test('an unknown environment, none, and more than one are wrong usage and exit with 2', async () => {
  for (const words of [['nowhere', '--yes'], ['--yes'], ['dev', '--no-such-flag'], ['dev', 'stage', '--yes']]) {
    for (const command of ['deploy', 'destroy'] as const) {
      const { code, output } = await run(account, command, words);
      assert.equal(code, 2, output);
      assert.match(output, new RegExp(`npm run ${command} -- \\[ENV\\]`));
    }
  }
});
