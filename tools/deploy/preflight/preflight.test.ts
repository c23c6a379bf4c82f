import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Environment } from '@sluice/infra/schema/environment.ts';
import { environment as values } from '@sluice/infra/environments/prod.ts';
import { noteAccess } from './api.ts';
import { checkDomain } from './domain.ts';
import { checkGit, noteRepository } from './git.ts';
import { checkIdentity, checkProfile, readProfiles } from './identity.ts';
import { fetchMachine, checkMachine } from './machine.ts';
import { checkQuotas, noteOrigins, noteQuotas, quotasOf } from './quotas.ts';
import { checkBootstrap, checkPrefixLists, checkRegion } from './region.ts';

const dev = { name: 'dev', account: '222222222222', region: 'eu-central-1', isProtected: false };

test('reports a missing docker, a stopped one, and one without buildx, each with its fix', () => {
  const good = { nodeVersion: '24.21.0', docker: { server: '28.2.2', said: '' }, hasBuildx: true };
  assert.deepEqual(checkMachine(good), []);
  const [absent] = checkMachine({ ...good, docker: undefined, hasBuildx: false });
  assert.match(absent?.fix ?? '', /^install it/);
  const [stopped] = checkMachine({ ...good, docker: { server: undefined, said: 'Cannot connect' } });
  assert.match(stopped?.fix ?? '', /systemctl start docker/);
  const [old] = checkMachine({ ...good, hasBuildx: false });
  assert.match(old?.fix ?? '', /docs\.docker\.com\/go\/buildx$/);
  assert.equal(checkMachine({ nodeVersion: '20.1.0', docker: undefined, hasBuildx: false }).length, 2);
});

test('accepts a machine with another processor: a build runs no program of the image (tests/containers/dockerfile.test.ts)', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-docker-'));
  const path = process.env['PATH'];
  try {
    const docker = join(folder, 'docker');
    const inspected = 'Platforms: linux/amd64';
    writeFileSync(
      docker,
      `#!/bin/sh\nif [ "$1" = version ]; then echo '{"Server":{"Version":"28.2.2"}}'; else echo '${inspected}'; fi\n`,
    );
    chmodSync(docker, 0o755);
    process.env['PATH'] = `${folder}:${path}`;
    const { signal } = new AbortController();
    assert.deepEqual(checkMachine(await fetchMachine(join(folder, 'docker.log'), signal)), []);
  } finally {
    process.env['PATH'] = path;
    rmSync(folder, { recursive: true });
  }
});

test('reads the profiles of both files, without sections of SSO sessions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-profiles-'));
  try {
    const [config, credentials] = [join(folder, 'config'), join(folder, 'credentials')];
    writeFileSync(config, '[default]\n[profile one]\nregion = x\n[profile "quoted"]\n[sso-session corp]\n');
    writeFileSync(credentials, '[two]\naws_access_key_id = x\n[one]\n');
    const profiles = readProfiles({ AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials });
    assert.deepEqual(profiles, ['default', 'one', 'quoted', 'two']);
    assert.deepEqual(checkProfile('two', profiles), []);
    assert.deepEqual(checkProfile(undefined, profiles), []);
    assert.match(checkProfile('three', profiles)[0]?.what ?? '', /existing profiles: default, one, quoted, two$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('refuses credentials of another account, and names both accounts', () => {
  const arn = 'arn:aws:iam::333333333333:user/one';
  assert.deepEqual(checkIdentity({ account: dev.account, arn }, dev), []);
  const [issue] = checkIdentity({ account: '333333333333', arn }, dev);
  assert.match(issue?.what ?? '', /333333333333 .* dev is in 222222222222$/);
});

test('refuses a region that is not enabled', () => {
  assert.deepEqual(checkRegion(dev, 'opt-in-not-required'), []);
  assert.match(checkRegion(dev, 'not-opted-in')[0]?.fix ?? '', /enable-region --region-name eu-central-1/);
});

test('a bootstrap stack that is missing, too old or without a version is reported with the command to create it', () => {
  const of = (region: string, found: number | undefined) => ({ region, needed: 6, found });
  const regions = [of('a', 6), of('b', undefined), of('c', 5), of('d', Number.NaN)];
  const issues = checkBootstrap(regions, dev.account, 'x');
  assert.deepEqual(
    issues.map(({ fix }) => fix.split(' bootstrap ')[1]),
    ['b', 'c', 'd'].map((region) => `aws://222222222222/${region} --profile x`),
  );
});

test('a prefix list with another id is reported with its id in the account', () => {
  const wanted = { origin: 'pl-1', s3: 'pl-2' };
  assert.deepEqual(checkPrefixLists(wanted, new Map(Object.entries(wanted)), 'eu-central-1'), []);
  const issues = checkPrefixLists(wanted, new Map([['origin', 'pl-9']]), 'eu-central-1');
  assert.match(issues[0]?.fix ?? '', /put pl-9 into infra\/schema\/regions.ts/);
  assert.equal(issues[1]?.what, 'The prefix list s3 does not exist');
});

test('quotas count the maximum number of tasks, twice for a release, and addresses only before the first deployment', () => {
  const needs = (nat: Environment['network']['nat'], natGateways: number, isThere: boolean) => {
    const prod: Environment = { ...values, name: 'prod', network: { ...values.network, nat, natGateways } };
    return quotasOf(prod, isThere).map(({ code, needed }) => [code, needed]);
  };
  const [network, ...others] = [
    ['L-F678F1CE', 1],
    ['L-0EA8095F', 55],
    ['L-3032A538', 56],
  ];
  assert.deepEqual(needs('none', 0, false), [network, ...others]);
  assert.deepEqual(needs('gateway', 3, false), [network, ['L-0263D0A3', 3], ...others]);
  // The address of an instance is not an elastic one, and two instances run during a replacement.
  const [rules, tasks] = others;
  assert.deepEqual(needs('instance', 1, false), [network, rules, ['L-1216C47A', 4], tasks]);
  assert.deepEqual(needs('gateway', 3, true), others);
});

test('a new account has too few vCPUs for prod, and the problem has the command that asks for them', () => {
  const quota = quotasOf({ ...values, name: 'prod' }, true).find(({ code }) => code === 'L-3032A538');
  const [issue] = checkQuotas([{ ...(quota ?? assert.fail()), limit: 6, used: 0 }], 'eu-central-1');
  assert.match(issue?.what ?? '', /vCPU resource count" is too low: 56 needed, 6 of 6 available$/);
  assert.match(issue?.fix ?? '', /--service-code fargate --quota-code L-3032A538 --desired-value 56$/);
});

test('warns about the repository of package.json while it is nobody’s and alarms link to it', () => {
  const placeholder = 'https://github.com/OWNER/sluice';
  assert.match(noteRepository({ hasAlarms: true }, placeholder)[0] ?? '', /Set "repository" in package\.json/);
  assert.deepEqual(noteRepository({ hasAlarms: false }, placeholder), []);
  assert.deepEqual(noteRepository({ hasAlarms: true }, 'https://github.com/someone/sluice'), []);
});

test('warns about VPC origins only when there may be no room for another, or when nobody knows', () => {
  assert.deepEqual(noteOrigins(24), []);
  assert.match(noteOrigins(25)[0] ?? '', /has 25 VPC origins of CloudFront, and 25 are allowed unless/);
  assert.match(noteOrigins('The credentials lack a permission')[0] ?? '', /could not be counted: The credentials/);
});

test('a quota that is too low is reported with the command to raise it; an unreadable one is only a note', () => {
  const quota = { name: 'EC2-VPC Elastic IPs', service: 'ec2', code: 'L-0263D0A3', needed: 3 };
  const states = [
    { ...quota, limit: 5, used: 2 },
    { ...quota, limit: 5, used: 3 },
    { ...quota, limit: undefined, used: 0, why: 'refused' },
  ];
  const issues = checkQuotas(states, 'eu-central-1');
  assert.deepEqual(
    issues.map(({ what }) => what),
    ['The quota "EC2-VPC Elastic IPs" is too low: 3 needed, 2 of 5 available'],
  );
  assert.match(issues[0]?.fix ?? '', /--quota-code L-0263D0A3 --desired-value 6$/);
  assert.deepEqual(noteQuotas(states), ['The quota "EC2-VPC Elastic IPs" could not be read: refused']);
});

test('refuses a domain outside its hosted zone, because no certificate could be issued', () => {
  const domain = { name: 'sluice.example.org', hostedZoneId: 'Z1' };
  assert.deepEqual(checkDomain(domain, 'example.org'), []);
  assert.deepEqual(checkDomain(domain, 'sluice.example.org'), []);
  assert.equal(checkDomain(domain, 'ample.org').length, 1);
});

test('a protected environment runs only commits; others allow uncommitted changes, and all need a commit', () => {
  const dirty = { commit: 'abc', changes: '1234', changedFiles: ['README.md'] };
  const prod = { name: 'prod', isProtected: true };
  assert.deepEqual(checkGit(dirty, dev), []);
  assert.match(
    checkGit(dirty, prod)[0]?.what ?? '',
    /^1 files have uncommitted changes \(README.md\), and prod runs only commits/,
  );
  assert.deepEqual(checkGit({ ...dirty, changes: undefined }, prod), []);
  const issue = { what: 'There is no commit', where: 'git', fix: 'git init' };
  assert.deepEqual(checkGit({ issue }, dev), [issue]);
});

test('warns about an open API, and not about a closed one', () => {
  assert.deepEqual(noteAccess({ access: 'open' }), ['The API is open: anyone can read and write (api.access)']);
  assert.deepEqual(noteAccess({ access: 'tokens', tokensFor: 'writes' }), []);
  assert.deepEqual(noteAccess({ access: 'tokens', tokensFor: 'all' }), []);
});
