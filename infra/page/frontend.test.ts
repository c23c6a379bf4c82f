import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { transformSync } from 'esbuild';
import { apiHeaders, cacheControl, securityHeaders } from './page-headers.ts';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from '../policy/templates-of-tests.ts';

const environments = await readEnvironments();
const find = (name: string) => environments.find((each) => each.name === name) ?? assert.fail();
const domain = { name: 'sluice.example.org', hostedZoneId: 'Z0123456789' };
const templates = await templatesOf([
  find('dev'),
  find('prod'),
  { ...find('test'), name: 'named', domain },
  { ...find('test'), name: 'strict', domain: { ...domain, hstsIncludesSubdomains: true } },
]);
const templateOf = (name: string): Template =>
  Template.fromJSON(templates.find(({ stack }) => stack === `${name}/app`) ?? assert.fail());
const dev = templateOf('dev');
const distributionOf = (template: Template) => {
  const [distribution] = Object.values(template.findResources('AWS::CloudFront::Distribution'));
  return distribution?.['Properties'].DistributionConfig ?? assert.fail();
};

test('the page is in a private, versioned, encrypted bucket that only CloudFront reads', () => {
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
  // With the right to list, a missing file is 404 and not 403.
  dev.hasResourceProperties('AWS::S3::BucketPolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Action: ['s3:GetObject', 's3:ListBucket'],
          Principal: { Service: 'cloudfront.amazonaws.com' },
          Condition: { StringEquals: { 'AWS:SourceArn': Match.anyValue() } },
        }),
      ]),
    },
  });
  dev.hasResourceProperties('AWS::CloudFront::OriginAccessControl', {
    OriginAccessControlConfig: { OriginAccessControlOriginType: 's3', SigningBehavior: 'always' },
  });
});

test('hashed files are cached for a year, the page is revalidated each time, and the API is never cached or compressed', () => {
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
  // The pattern with the slash does not match the root of the API.
  const root = CacheBehaviors.find(({ PathPattern }: { readonly PathPattern: string }) => PathPattern === '/api');
  assert.deepEqual({ ...root, PathPattern: '' }, { ...api, PathPattern: '' });
  assert.deepEqual(api.AllowedMethods, ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE']);
  assert.deepEqual([HttpVersion, Logging.Prefix], ['http2and3', 'distribution/']);
  assert.equal(distributionOf(dev).DefaultRootObject, 'index.html');
  assert.deepEqual(
    [page, assets, api].map(({ ViewerProtocolPolicy }) => ViewerProtocolPolicy),
    ['redirect-to-https', 'redirect-to-https', 'https-only'],
  );
  // Every header of the viewer except Host, which selects the load balancer's certificate.
  assert.equal(api.OriginRequestPolicyId, 'b689b0a8-53d0-40ab-baf2-68738e2966ac');
  // Error pages would replace answers of the API too.
  assert.equal(CustomErrorResponses, undefined);
});

test('browsers get the same headers as on one machine, and HSTS, from the page and from the API', () => {
  const policies = Object.values(dev.findResources('AWS::CloudFront::ResponseHeadersPolicy'));
  const told = policies.map(({ Properties }) => {
    const { CustomHeadersConfig, SecurityHeadersConfig: security } = Properties.ResponseHeadersPolicyConfig;
    const items: readonly { readonly Header: string; readonly Value: string }[] = CustomHeadersConfig.Items;
    return new Map<string, unknown>([
      ...items.map(({ Header, Value }) => [Header, Value] as const),
      ['content-security-policy', security.ContentSecurityPolicy.ContentSecurityPolicy],
      ['referrer-policy', security.ReferrerPolicy.ReferrerPolicy],
      ['x-content-type-options', security.ContentTypeOptions === undefined ? undefined : 'nosniff'],
      ['strict-transport-security', security.StrictTransportSecurity.AccessControlMaxAgeSec],
    ]);
  });
  assert.deepEqual(
    told,
    [
      { ...securityHeaders, 'cache-control': cacheControl.page },
      // Its own cache-control is no-store.
      apiHeaders,
      { ...securityHeaders, 'cache-control': cacheControl.assets },
    ].map(
      (headers) => new Map<string, unknown>([...Object.entries(headers), ['strict-transport-security', 31_536_000]]),
    ),
  );
  const kept = policies.map(
    ({ Properties: { ResponseHeadersPolicyConfig: config } }) =>
      config.SecurityHeadersConfig.ContentSecurityPolicy.Override,
  );
  // The documentation of the API has a policy of its own.
  assert.deepEqual(kept, [true, false, true]);
  const withPolicy = [distributionOf(dev).DefaultCacheBehavior, ...distributionOf(dev).CacheBehaviors];
  for (const { ResponseHeadersPolicyId } of withPolicy) assert.ok(ResponseHeadersPolicyId !== undefined);
});

test('HSTS covers subdomains only where the environment says so', () => {
  for (const [name, covers] of [
    ['prod', false],
    ['named', false],
    ['strict', true],
  ] as const) {
    const policies = Object.values(templateOf(name).findResources('AWS::CloudFront::ResponseHeadersPolicy'));
    assert.deepEqual(
      policies.map(
        ({ Properties }) =>
          Properties.ResponseHeadersPolicyConfig.SecurityHeadersConfig.StrictTransportSecurity.IncludeSubdomains,
      ),
      [covers, covers, covers],
      name,
    );
  }
});

test('CloudFront reaches the API inside the network, and a stream may be silent for two minutes', () => {
  dev.hasResourceProperties('AWS::CloudFront::VpcOrigin', {
    VpcOriginEndpointConfig: { OriginProtocolPolicy: 'http-only' },
    // Every change of an attached VPC origin fails.
    Tags: Match.absent(),
  });
  const { Origins } = distributionOf(dev);
  assert.equal(Origins.length, 2);
  const { VpcOriginConfig } = Origins.find((origin: object) => 'VpcOriginConfig' in origin);
  assert.deepEqual([VpcOriginConfig.OriginReadTimeout, VpcOriginConfig.OriginKeepaliveTimeout], [120, 60]);
});

test('the firewall of an environment is in front of CloudFront', () => {
  assert.equal(distributionOf(dev).WebACLId, undefined);
  const { WebACLId } = distributionOf(templateOf('prod'));
  assert.equal(WebACLId['Fn::GetStackOutput'].StackName, 'sluice-prod-edge');
  assert.equal(WebACLId['Fn::GetStackOutput'].Region, 'us-east-1');
});

test('with a domain, CloudFront has its name, its certificate and at least TLS 1.2, and the origin uses TLS', () => {
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

const functionCodes = Object.entries(dev.findResources('AWS::CloudFront::Function')).map(([id, { Properties }]) => ({
  id,
  code: String(Properties.FunctionCode),
}));

/**
 * Returns what a function of CloudFront in the template answers for a path: another path, or a
 * redirect.
 */
const callFunction = (start: string, uri: string, accept = '*/*'): unknown => {
  const { code } = functionCodes.find(({ id }) => id.startsWith(start)) ?? assert.fail();
  const event = JSON.stringify({ request: { uri, headers: { accept: { value: accept } } } });
  const { uri: path, statusCode, headers } = runInNewContext(`${code}\nhandler(${event})`);
  return path ?? `${statusCode} ${headers.location.value}`;
};

// Features of its runtime in addition to ES 5.1 ("JavaScript runtime 2.0 features for CloudFront
// Functions").
const runtimeHas = { arrow: true, 'const-and-let': true, 'template-literal': true };

/**
 * Returns true if CloudFront's runtime can read a function: esbuild has nothing to rewrite for it.
 */
const isReadable = (code: string): boolean => {
  try {
    const rewritten = transformSync(code, { target: 'es5', supported: runtimeHas, logLevel: 'silent' }).code;
    return rewritten === transformSync(code, { target: 'esnext' }).code;
  } catch {
    // esbuild recognizes newer syntax that it cannot rewrite.
    return false;
  }
};

test('the functions use only the syntax of CloudFront’s runtime', () => {
  assert.deepEqual(
    functionCodes.filter(({ code }) => !isReadable(code)),
    [],
  );
  for (const newer of [
    '({ request }) => request',
    'event => event?.request',
    'event => ({ ...event })',
    '(event = {}) => event',
  ])
    assert.equal(isReadable(`const route = ${newer};`), false, newer);
});

for (const [uri, accept, expected] of [
  ['/', 'text/html', '/'],
  ['/counts/17', 'text/html,application/xhtml+xml', '302 /'],
  ['/counts/17', 'application/json', '/counts/17'],
  ['/favicon.ico', 'text/html', '/favicon.ico'],
  ['/missing.png', 'image/png', '/missing.png'],
] as const) {
  test(`a request for ${uri} that accepts ${accept} gets ${expected}`, () =>
    assert.equal(callFunction('FrontendRoutePage', uri, accept), expected));
}

for (const [uri, expected] of [
  ['/api/count', '/count'],
  ['/api', '/'],
  ['/api/', '/'],
  ['/api/api/x', '/api/x'],
] as const) {
  test(`${uri} is ${expected} to the API`, () => assert.equal(callFunction('FrontendStripPrefix', uri), expected));
}
