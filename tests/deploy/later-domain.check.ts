import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { testFile } from '@sluice/test-servers/test-file.ts';
import { startAccount } from './account/account.ts';
import { copySources } from './account/copy-sources.ts';
import { findBroken } from './account/refusals.ts';
import { run } from './command.ts';

// An environment gets a domain after its first deployment, and loses it again. Each change works in
// one deployment, and CloudFront can reach the API after each operation.

const account = await startAccount(testFile, '222222222222');
// The certificate of CloudFront is in us-east-1.
await account.bootstrap('eu-central-1', 'us-east-1');
const sources = copySources(testFile);
const file = join(sources, 'infra/environments/dev.ts');
const withoutDomain = readFileSync(file, 'utf8');

const zoneId = 'Z0123456789';
// The ids of moto's zones do not look like those of AWS.
account.front.add(async ({ action }) =>
  action === `GET /2013-04-01/hostedzone/${zoneId}`
    ? {
        status: 200,
        headers: { 'content-type': 'text/xml' },
        body: Buffer.from(
          `<GetHostedZoneResponse><HostedZone><Id>/hostedzone/${zoneId}</Id><Name>example.org.</Name><CallerReference>x</CallerReference></HostedZone></GetHostedZoneResponse>`,
        ),
      }
    : undefined,
);

/** The resources that CloudFront used and that were gone, after any operation. */
const broken = new Set<string>();
account.cloudFormation.watch((live) => {
  for (const each of findBroken(live)) broken.add(each);
});

/** Sets the domain of dev, or removes it, and deploys. */
const deployWith = async (name: string | undefined) => {
  const domain = name === undefined ? '' : `domain: { name: '${name}', hostedZoneId: '${zoneId}' },\n  `;
  writeFileSync(file, withoutDomain.replace('queue: {', `${domain}queue: {`));
  const words = ['dev', '--profile', 'x', '--yes', '--allow-destructive'];
  const { output, code } = await run(account, 'deploy', words, {}, sources);
  return { output, code, statuses: account.cloudFormation.statuses() };
};

/** Asserts that the output has lines in this order. */
const assertOrder = (output: string, ...lines: readonly RegExp[]): void => {
  const places = lines.map((line) => {
    const place = output.search(line);
    assert.notEqual(place, -1, `${String(line)} is missing:\n${output}`);
    return place;
  });
  assert.deepEqual(
    places,
    places.toSorted((one, other) => one - other),
    output,
  );
};

/** Asserts that AWS refused nothing, and that all stacks are as they should be. */
const assertDeployed = (output: string): void => {
  assert.match(output, /✓ sluice-dev-app is up to date/);
  assert.doesNotMatch(output, /↩ rolling back|_FAILED|\(Error Code: /);
  // The emulator runs no tasks, so the command reports what it waited for.
  assert.match(output, /✗ Services: timeout after \d+ min; /);
  assert.deepEqual([...broken], []);
};

test('dev is deployed without a domain, and without a stack in us-east-1', async () => {
  const { output, statuses } = await deployWith(undefined);
  assertDeployed(output);
  assert.equal(statuses['sluice-dev-app'], 'CREATE_COMPLETE');
  assert.equal(statuses['sluice-dev-edge'], undefined);
});

test('a domain works in one deployment: CloudFront moves, and then the old listener goes', async () => {
  const { output, statuses } = await deployWith('sluice.example.org');
  assertDeployed(output);
  assert.equal(statuses['sluice-dev-edge'], 'CREATE_COMPLETE');
  assert.equal(statuses['sluice-dev-app'], 'UPDATE_COMPLETE');
  assertOrder(
    output,
    /DELETED +dev\/app LoadBalancer\/Balancer\/Http /,
    /✓ sluice-dev-edge is up to date/,
    /✓ LoadBalancer\/Balancer\/Https +\S+ created/,
    /✓ Frontend\/HttpsOrigin +\S+ created/,
    /✓ Frontend\/Distribution +\S+ updated/,
    /✓ FrontendHttpOrigin\w+ +\S+ deleted/,
    /✓ LoadBalancerHttp\w+ +\S+ deleted/,
  );
});

test('another domain is refused before anything changes, with the way out', async () => {
  const before = account.cloudFormation.statuses();
  const { output, code, statuses } = await deployWith('other.example.org');
  assert.equal(code, 1, output);
  assert.match(output, /✗ CloudFront uses the old Certificate until it has the new one/);
  assert.match(output, /fix {4}remove the old value \(domain, firewall\) from infra\/environments\/dev\.ts and deploy/);
  assert.doesNotMatch(output, /Stack sluice-dev/);
  assert.deepEqual(statuses, before);
});

test('the domain goes in one deployment, and its certificate only when CloudFront no longer uses it', async () => {
  const { output, statuses } = await deployWith(undefined);
  assertDeployed(output);
  assertOrder(
    output,
    /DELETED +dev\/edge Certificate /,
    /✓ LoadBalancer\/Balancer\/Http +\S+ created/,
    /✓ Frontend\/Distribution +\S+ updated/,
    /✓ LoadBalancerHttps\w+ +\S+ deleted/,
    /✓ sluice-dev-app is up to date/,
    /✓ sluice-dev-edge deleted/,
  );
  assert.equal(statuses['sluice-dev-edge'], 'DELETE_COMPLETE');
});
