import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from '../points/test-templates.ts';

const environments = await readEnvironments();
const find = (name: string) => environments.find((each) => each.name === name) ?? assert.fail();
const domain = { name: 'sluice.example.org', hostedZoneId: 'Z0123456789' };
const templates = await templatesOf([find('dev'), find('prod'), { ...find('test'), name: 'named', domain }]);
const templateOf = (name: string): Template =>
  Template.fromJSON(templates.find(({ stack }) => stack === `${name}/app`) ?? assert.fail());
const dev = templateOf('dev');
const distributionOf = (template: Template) => {
  const [distribution] = Object.values(template.findResources('AWS::CloudFront::Distribution'));
  return distribution?.['Properties'].DistributionConfig ?? assert.fail();
};

test('the page is in a private, versioned, encrypted bucket that CloudFront alone reads', () => {
  dev.hasResourceProperties('AWS::S3::Bucket', {
    VersioningConfiguration: { Status: 'Enabled' },
    BucketEncryption: Match.anyValue(),
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    LoggingConfiguration: { LogFilePrefix: 'page/', DestinationBucketName: Match.anyValue() },
  });
  dev.hasResourceProperties('AWS::CloudFront::OriginAccessControl', {
    OriginAccessControlConfig: { OriginAccessControlOriginType: 's3', SigningBehavior: 'always' },
  });
});

test('hashed files are kept for a year, the page is asked for each time, the API never kept or compressed', () => {
  const {
    DefaultCacheBehavior: page,
    CacheBehaviors,
    HttpVersion,
    Logging,
    CustomErrorResponses,
  } = distributionOf(dev);
  const [assets, api] = ['/assets/*', '/api/*'].map((pattern) =>
    CacheBehaviors.find(({ PathPattern }: { readonly PathPattern: string }) => PathPattern === pattern),
  );
  const disabled = '4135ea2d-6df8-44a3-9df3-4b5a84be39ad';
  const optimized = '658327ea-f89d-4fab-a63d-7e88639e58f6';
  assert.deepEqual([page.CachePolicyId, assets.CachePolicyId, api.CachePolicyId], [disabled, optimized, disabled]);
  assert.deepEqual([page.Compress, assets.Compress, api.Compress], [true, true, false]);
  assert.deepEqual(api.AllowedMethods, ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE']);
  assert.deepEqual([HttpVersion, Logging.Prefix], ['http2and3', 'distribution/']);
  // It would answer for the API too.
  assert.equal(CustomErrorResponses, undefined);
  const headers = Object.values(dev.findResources('AWS::CloudFront::ResponseHeadersPolicy')).map(
    ({ Properties }) => Properties.ResponseHeadersPolicyConfig,
  );
  assert.deepEqual(
    headers.map(({ CustomHeadersConfig }) => CustomHeadersConfig.Items[0].Value),
    ['no-cache', 'public, max-age=31536000, immutable'],
  );
  for (const { SecurityHeadersConfig } of headers) {
    assert.match(
      SecurityHeadersConfig.ContentSecurityPolicy.ContentSecurityPolicy,
      /^default-src 'none'; script-src 'self'; /,
    );
    assert.equal(SecurityHeadersConfig.StrictTransportSecurity.AccessControlMaxAgeSec, 31_536_000);
  }
});

test('the API is reached inside the network, and a stream may be silent for two minutes', () => {
  dev.hasResourceProperties('AWS::CloudFront::VpcOrigin', {
    VpcOriginEndpointConfig: { OriginProtocolPolicy: 'http-only' },
    // Every change of an attached one fails.
    Tags: Match.absent(),
  });
  const { Origins } = distributionOf(dev);
  assert.equal(Origins.length, 2);
  const { VpcOriginConfig } = Origins.find((origin: object) => 'VpcOriginConfig' in origin);
  assert.deepEqual([VpcOriginConfig.OriginReadTimeout, VpcOriginConfig.OriginKeepaliveTimeout], [120, 60]);
});

test('the firewall of the environment is before it, where there is one', () => {
  assert.equal(distributionOf(dev).WebACLId, undefined);
  const { WebACLId } = distributionOf(templateOf('prod'));
  assert.equal(WebACLId['Fn::GetStackOutput'].StackName, 'sluice-prod-edge');
  assert.equal(WebACLId['Fn::GetStackOutput'].Region, 'us-east-1');
});

test('with a domain it has its name, its certificate, TLS 1.2 at least, and the origin speaks TLS', () => {
  const named = templateOf('named');
  const { Aliases, ViewerCertificate, Origins } = distributionOf(named);
  assert.deepEqual([Aliases, ViewerCertificate.MinimumProtocolVersion], [[domain.name], 'TLSv1.2_2021']);
  assert.ok(Origins.some(({ DomainName }: { readonly DomainName: unknown }) => DomainName === domain.name));
  named.hasResourceProperties('AWS::CloudFront::VpcOrigin', {
    VpcOriginEndpointConfig: { OriginProtocolPolicy: 'https-only' },
  });
  for (const Type of ['A', 'AAAA']) {
    named.hasResourceProperties('AWS::Route53::RecordSet', {
      Type,
      Name: `${domain.name}.`,
      HostedZoneId: domain.hostedZoneId,
    });
  }
});

/** Calls a function of CloudFront with a path, as it stands in the template. */
const callFunction = (start: string, uri: string): unknown => {
  const functions = dev.findResources('AWS::CloudFront::Function');
  const id = Object.keys(functions).find((key) => key.startsWith(start)) ?? '';
  const { FunctionCode } = functions[id]?.['Properties'] ?? assert.fail();
  return runInNewContext(`${FunctionCode}\nhandler({ request: { uri: ${JSON.stringify(uri)} } }).uri`);
};

for (const [uri, expected] of [
  ['/', '/index.html'],
  ['/counts', '/index.html'],
  ['/counts/17', '/index.html'],
  ['/favicon.ico', '/favicon.ico'],
  ['/missing.png', '/missing.png'],
] as const) {
  test(`a browser that asks for ${uri} gets ${expected}`, () =>
    assert.equal(callFunction('FrontendRoutePage', uri), expected));
}

for (const [uri, expected] of [
  ['/api/count', '/count'],
  ['/api/', '/'],
  ['/api/api/x', '/api/x'],
] as const) {
  test(`${uri} is ${expected} to the API`, () => assert.equal(callFunction('FrontendStripPrefix', uri), expected));
}
