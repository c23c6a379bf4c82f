import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { Route53Client, type ResourceRecordSet } from '@aws-sdk/client-route-53';
import { describeRecords, listValidationRecords } from './validation-records.ts';

const domain = { name: 'sluice.example.org', hostedZoneId: 'Z0123456789' };
const record = (Name: string, Value: string, Type: 'A' | 'CNAME' = 'CNAME'): ResourceRecordSet => ({
  ...{ Name, Type, TTL: 300 },
  ResourceRecords: [{ Value }],
});

test('lists the validation records of the domain, and no others, each with the command that deletes it', () => {
  const own = record('_a1b2.sluice.example.org.', '_c3d4.xyz.acm-validations.aws.');
  const records = [
    own,
    record('sluice.example.org.', '203.0.113.1', 'A'),
    record('_a1b2.example.org.', '_c3d4.xyz.acm-validations.aws.'),
    record('_a1b2.deep.sluice.example.org.', '_c3d4.xyz.acm-validations.aws.'),
    record('_dmarc.sluice.example.org.', 'example.net.'),
    record('www.sluice.example.org.', '_c3d4.xyz.acm-validations.aws.'),
  ];
  const [first, ...others] = describeRecords(domain, records);
  assert.deepEqual(others, []);
  assert.match(first ?? '', /^_a1b2\.sluice\.example\.org\. \(CNAME\), because every certificate of this name/);
  const [, zone, batch = ''] = /--hosted-zone-id (\S+) --change-batch '(.+)'$/.exec(first ?? '') ?? [];
  assert.equal(zone, domain.hostedZoneId);
  // Route 53 deletes only a record that is given exactly as it is.
  assert.deepEqual(JSON.parse(batch), { Changes: [{ Action: 'DELETE', ResourceRecordSet: own }] });
});

test('reads all pages of the zone; a zone that cannot be read is named with the reason', async (context) => {
  const asked: string[] = [];
  const pageOf = (name: string, next: string) =>
    `<ListResourceRecordSetsResponse><ResourceRecordSets><ResourceRecordSet><Name>${name}</Name><Type>CNAME</Type><TTL>300</TTL><ResourceRecords><ResourceRecord><Value>_x.acm-validations.aws.</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></ResourceRecordSets>${next}<MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`;
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    const isFirst = !url.includes('name=');
    const next = '<IsTruncated>true</IsTruncated><NextRecordName>_b</NextRecordName>';
    const answer = isFirst
      ? pageOf('_a.sluice.example.org.', next)
      : pageOf('_b.sluice.example.org.', '<IsTruncated>false</IsTruncated>');
    const isKnown = url.includes(domain.hostedZoneId);
    response.statusCode = isKnown ? 200 : 404;
    response.end(
      isKnown
        ? answer
        : '<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchHostedZone</Code><Message>No hosted zone found</Message></Error></ErrorResponse>',
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const route53 = new Route53Client({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${address.port}`,
    credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
  });
  context.after(() => {
    route53.destroy();
    server.closeAllConnections();
    server.close();
  });
  const listed = await listValidationRecords({ route53 }, { domain });
  assert.deepEqual(
    listed.map((line) => line.split(' ', 1).join()),
    ['_a.sluice.example.org.', '_b.sluice.example.org.'],
  );
  assert.equal(asked.length, 2);
  const [unknown] = await listValidationRecords({ route53 }, { domain: { ...domain, hostedZoneId: 'Z9' } });
  assert.match(
    unknown ?? '',
    /^the validation records of sluice\.example\.org in Z9; not listed: No hosted zone found$/,
  );
  assert.deepEqual(await listValidationRecords({ route53 }, { domain: undefined }), []);
});
