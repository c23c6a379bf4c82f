import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { healthCheckOf } from '../image-stages.ts';
import { readEnvironments } from '../read-environments.ts';
import { templatesOf } from '../policy/templates-of-tests.ts';

const environments = await readEnvironments();
const [first] = environments;
assert.ok(first !== undefined);
const named = { ...first, name: 'named', domain: { name: 'sluice.example.org', hostedZoneId: 'Z0123456789' } };
const templates = await templatesOf([...environments, named]);
const templateOf = (name: string): Template =>
  Template.fromJSON(templates.find(({ stack }) => stack === `${name}/app`) ?? assert.fail());

const isApiPort = ({ Name, Value }: { readonly Name: string; readonly Value: unknown }): boolean =>
  Name === 'HTTP_PORT' && Value === '5080';

/** Returns the secrets among the resources of a statement, by the names of their outputs. */
const secretsOf = (resources: unknown): string[] =>
  [...JSON.stringify(resources).matchAll(/(ApiTokensSecret|Secret(?:producer|consumer|migrator))\w*/g)]
    .map(([, name = '']) => name)
    .toSorted();

for (const environment of environments) {
  const { name } = environment;
  const template = templateOf(name);
  const tasks = Object.values(template.findResources('AWS::ECS::TaskDefinition')).map(({ Properties }) => Properties);
  const containers = tasks.flatMap(({ ContainerDefinitions }) => ContainerDefinitions);

  test(`${name}: tasks run on ARM with the configured size`, () => {
    for (const service of ['producer', 'consumer'] as const) {
      const { cpu, memoryMiB } = environment[service];
      template.hasResourceProperties('AWS::ECS::TaskDefinition', {
        Family: `sluice-${name}-${service}`,
        Cpu: String(cpu),
        Memory: String(memoryMiB),
        RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
      });
    }
  });

  test(`${name}: no container runs as root, writes to its file system, or has a capability`, () => {
    assert.deepEqual(containers.map((container) => String(container.Name)).toSorted(), [
      'api',
      'consumer',
      'envoy',
      'operator',
    ]);
    for (const container of containers) {
      assert.deepEqual(
        [container.User, container.ReadonlyRootFilesystem, container.LinuxParameters.Capabilities],
        ['1000:1000', true, { Drop: ['ALL'] }],
      );
      // More than the 10 s in which a process ends.
      assert.equal(container.StopTimeout, 15);
      assert.equal(container.LogConfiguration.LogDriver, 'awslogs');
    }
  });

  test(`${name}: ECS checks the health of the API and Envoy; a stuck consumer is killed by its own watchdog`, () => {
    const commands = new Map(containers.map(({ Name, HealthCheck }) => [String(Name), HealthCheck?.Command.join(' ')]));
    // The checks of the images, without the start of a Node.js.
    assert.equal(commands.get('api'), ['CMD', ...healthCheckOf('producer')].join(' '));
    assert.equal(commands.get('envoy'), ['CMD', ...healthCheckOf('envoy')].join(' '));
    for (const command of ['api', 'envoy']) assert.match(commands.get(command), /^CMD bash -c exec /);
    // The variable that its script reads in the container.
    assert.match(commands.get('api'), /\$\{HTTP_PORT:-5080\}/);
    assert.ok(containers.find(({ Name }) => Name === 'api')?.Environment.some(isApiPort));
    assert.equal(commands.get('consumer'), undefined);
  });

  test(`${name}: images have the tag of the parameter, and come from the environment’s repositories`, () => {
    template.hasParameter('ImageTag', { Type: 'String', Default: Match.absent() });
    const { account, region } = environment;
    assert.deepEqual(
      containers
        .map(({ Image }) => Image)
        .toSorted((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other))),
      // The operator runs the image of the consumer.
      ['consumer', 'consumer', 'envoy', 'producer'].map((image) => ({
        'Fn::Join': [
          '',
          [
            `${account}.dkr.ecr.${region}.`,
            { Ref: 'AWS::URLSuffix' },
            `/sluice-${name}/${image}:`,
            { Ref: 'ImageTag' },
          ],
        ],
      })),
    );
  });

  test(`${name}: a failed release is rolled back, and a deployment does not reset the number of tasks`, () => {
    template.allResourcesProperties('AWS::ECS::Service', {
      DesiredCount: Match.absent(),
      DeploymentConfiguration: Match.objectLike({
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      }),
      EnableExecuteCommand: false,
      PropagateTags: 'SERVICE',
      AvailabilityZoneRebalancing: 'ENABLED',
      NetworkConfiguration: {
        AwsvpcConfiguration: Match.objectLike({
          AssignPublicIp: 'DISABLED',
          Subnets: environment.network.zones.map((_, index) => ({
            'Fn::GetStackOutput': Match.objectLike({
              OutputName: Match.stringLikeRegexp(`PrivateSubnet${index + 1}`),
            }),
          })),
        }),
      },
      ServiceRegistries: [Match.anyValue()],
    });
    for (const service of ['producer', 'consumer'] as const) {
      const { min, max } = environment[service];
      template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
        MinCapacity: min,
        MaxCapacity: max,
      });
    }
    const isSpot = environment.producer.isSpot;
    template.allResourcesProperties('AWS::ECS::Service', {
      LaunchType: isSpot ? Match.absent() : 'FARGATE',
      CapacityProviderStrategy: isSpot ? [{ CapacityProvider: 'FARGATE_SPOT', Weight: 1 }] : Match.absent(),
    });
    template.hasResourceProperties('AWS::ECS::Cluster', {
      CapacityProviders: isSpot ? ['FARGATE', 'FARGATE_SPOT'] : Match.absent(),
    });
    template.resourceCountIs('AWS::ECS::ClusterCapacityProviderAssociations', 0);
    const isScaled = environment.producer.max > environment.producer.min;
    template.resourceCountIs('AWS::ApplicationAutoScaling::ScalingPolicy', isScaled ? 4 : 0);
  });

  test(`${name}: both services have a name in a private DNS namespace`, () => {
    template.hasResourceProperties('AWS::ServiceDiscovery::PrivateDnsNamespace', { Name: `sluice-${name}.internal` });
    for (const Name of ['producer', 'consumer'])
      template.hasResourceProperties('AWS::ServiceDiscovery::Service', {
        Name,
        DnsConfig: { DnsRecords: [{ Type: 'A', TTL: 10 }] },
      });
  });

  test(`${name}: a task may only read its secret and log in as its user of the queue`, () => {
    for (const [service, secret, construct] of [
      ['producer', 'producer', 'ProducerService'],
      ['consumer', 'consumer', 'ConsumerService'],
      ['operator', 'consumer', 'Operator'],
    ]) {
      const policies = Object.entries(template.findResources('AWS::IAM::Policy')).filter(([id]) =>
        id.startsWith(`${construct}TaskTaskRole`),
      );
      assert.equal(policies.length, 1);
      const statements = policies[0]?.[1]['Properties'].PolicyDocument.Statement;
      assert.deepEqual(
        statements.map(({ Action }: { readonly Action: unknown }) => Action),
        [['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'], 'elasticache:Connect'],
      );
      assert.deepEqual(
        secretsOf(statements[0].Resource),
        service === 'producer' ? ['ApiTokensSecret', `Secret${secret}`] : [`Secret${secret}`],
      );
      assert.match(JSON.stringify(statements[1].Resource), new RegExp(`:user:sluice-${name}-${service}"`));
    }
  });

  test(`${name}: an operator’s command runs in its own task, from the consumer’s image`, () => {
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Family: `sluice-${name}-operator`,
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
      ContainerDefinitions: [
        Match.objectLike({
          Name: 'operator',
          Command: ['node', 'apps/consumer/operator/main.ts'],
          Environment: Match.arrayWith([{ Name: 'REDIS_USERNAME', Value: `sluice-${name}-operator` }]),
        }),
      ],
    });
    const images = containers.filter(({ Name }) => Name === 'operator' || Name === 'consumer');
    assert.equal(new Set(images.map(({ Image }) => JSON.stringify(Image))).size, 1);
  });

  test(`${name}: the load balancer is internal, checks the API through Envoy, and writes access logs`, () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      Scheme: 'internal',
      LoadBalancerAttributes: Match.arrayWith([
        { Key: 'deletion_protection.enabled', Value: String(environment.isProtected) },
        // Less than CloudFront's timeout of 120 s, more than the 60 s for which it keeps a
        // connection.
        { Key: 'idle_timeout.timeout_seconds', Value: '115' },
        { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
        { Key: 'routing.http.desync_mitigation_mode', Value: 'strictest' },
        { Key: 'access_logs.s3.enabled', Value: 'true' },
      ]),
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      Port: 80,
      TargetType: 'ip',
      HealthCheckPath: '/health',
      HealthCheckIntervalSeconds: 10,
      Matcher: { HttpCode: '200' },
      TargetGroupAttributes: Match.arrayWith([{ Key: 'deregistration_delay.timeout_seconds', Value: '15' }]),
    });
    template.hasResourceProperties('AWS::ECS::Service', {
      ServiceName: 'producer',
      LoadBalancers: [{ ContainerName: 'envoy', ContainerPort: 8_080, TargetGroupArn: Match.anyValue() }],
    });
  });

  test(`${name}: Envoy needs no sysctl and starts after the API is healthy; both services publish metrics and use TLS`, () => {
    const envoy = containers.find(({ Name }) => Name === 'envoy');
    for (const { SystemControls } of containers) assert.equal(SystemControls, undefined);
    assert.deepEqual(envoy?.PortMappings, [{ ContainerPort: 8_080, Protocol: 'tcp' }]);
    assert.deepEqual(envoy?.DependsOn, [{ ContainerName: 'api', Condition: 'HEALTHY' }]);
    for (const { Name, Environment } of containers.filter((container) => container.Name !== 'envoy')) {
      const given: readonly { readonly Name: string; readonly Value: unknown }[] = Environment;
      const variables = new Map(given.map((variable) => [variable.Name, variable.Value]));
      assert.deepEqual(
        ['METRICS', 'DB_TLS', 'REDIS_TLS', 'REDIS_CLUSTER'].map((variable) => variables.get(variable)),
        ['emf', 'true', 'true', 'true'],
        Name,
      );
    }
  });

  test(`${name}: the bucket of access logs accepts CloudFront’s ACLs, and access logs expire with the other logs`, () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerPreferred' }] },
      LifecycleConfiguration: { Rules: [{ ExpirationInDays: environment.logDays, Status: 'Enabled' }] },
    });
    // Current files of the page do not expire. Their older versions do.
    template.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: {
        Rules: [{ NoncurrentVersionExpiration: { NoncurrentDays: 30 }, ExpirationInDays: Match.absent() }],
      },
    });
  });

  test(`${name}: the stack has no security group and no rule`, () => {
    for (const kind of ['SecurityGroup', 'SecurityGroupIngress', 'SecurityGroupEgress'])
      template.resourceCountIs(`AWS::EC2::${kind}`, 0);
  });
}

test('Envoy finds the client’s address behind CloudFront and the load balancer, and the API trusts only Envoy', () => {
  const read = (file: string) => readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
  // The image for ECS is built from these.
  const [, rewrites = ''] =
    /sed '([^']*)' containers\/envoy\.yaml > \/proxy\/envoy\.yaml/.exec(read('Dockerfile')) ?? [];
  assert.equal(rewrites, 's/PRODUCER_HOST/127.0.0.1/');
  const [listener = ''] = /- name: api\n[^]*?(?=\n {4}- name: )/.exec(read('containers/envoy.yaml')) ?? [];
  assert.match(listener, /port_value: 8080 /);
  assert.match(listener, /use_remote_address: true\n/);
  // Each hop appends the address of its client: CloudFront the viewer's, the load balancer
  // CloudFront's.
  assert.match(listener, /xff_num_trusted_hops: 2\n/);
  const [, header = assert.fail()] =
    /header: \{ key: ([\w-]+), value: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%' \}\n +append_action: OVERWRITE/.exec(
      listener,
    ) ?? [];
  for (const { name } of environments) {
    templateOf(name).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: Match.arrayWith([
        Match.objectLike({
          Name: 'api',
          Environment: Match.arrayWith([
            { Name: 'HTTP_ADDRESS', Value: '127.0.0.1' },
            { Name: 'CLIENT_ADDRESS_HEADER', Value: header },
          ]),
        }),
      ]),
    });
    // In append mode, which is the default, neither hop can be left out or forged.
    const [balancer] = Object.values(templateOf(name).findResources('AWS::ElasticLoadBalancingV2::LoadBalancer'));
    assert.doesNotMatch(JSON.stringify(balancer), /xff_header_processing\.mode/);
  }
});

test('the load balancer drops no header field that the API reads', () => {
  const read = readFileSync(join(import.meta.dirname, '../../apps/producer/http/cors.ts'), 'utf8');
  const [, allowed = ''] = /'access-control-allow-headers': '([^']+)'/.exec(read) ?? [];
  const names = [...allowed.split(', '), 'x-client-address', 'X-Forwarded-For'];
  assert.ok(names.includes('Idempotency-Key') && names.includes('Authorization'));
  // "Drop invalid header fields" of the guide of Application Load Balancers.
  for (const name of names) assert.match(name, /^[-A-Za-z0-9]+$/);
});

test('Container Insights writes to a log group of the stack, which is created before the cluster', () => {
  const [id = ''] = Object.keys(
    templateOf('prod').findResources('AWS::Logs::LogGroup', {
      Properties: { LogGroupName: '/aws/ecs/containerinsights/sluice-prod/performance', RetentionInDays: 365 },
    }),
  );
  templateOf('prod').hasResource('AWS::ECS::Cluster', {
    DependsOn: [id],
    Properties: { ClusterName: 'sluice-prod', ClusterSettings: [{ Name: 'containerInsights', Value: 'enabled' }] },
  });
});

test('a release deploys consumers before producers, because they load the producers’ script', () => {
  const services = Object.entries(templateOf('prod').findResources('AWS::ECS::Service'));
  const [consumer = ''] = services.find(([id]) => id.startsWith('Consumer')) ?? [];
  const [, producer = {}] = services.find(([id]) => id.startsWith('Producer')) ?? [];
  assert.ok([producer['DependsOn']].flat().includes(consumer), String(producer['DependsOn']));
});

test('the number of partitions is the maximum number of shards', () => {
  for (const [name, partitions] of [
    ['test', '1'],
    ['prod', '4'],
  ] as const) {
    templateOf(name).hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: Match.arrayWith([
        Match.objectLike({
          Name: 'api',
          Environment: Match.arrayWith([{ Name: 'QUEUE_PARTITIONS', Value: partitions }]),
        }),
      ]),
    });
  }
});

test('scales consumers out by the age of the oldest entry while the database records, and in by CPU while nothing waits', () => {
  const alarms = Object.entries(templateOf('prod').findResources('AWS::CloudWatch::Alarm'))
    .filter(([id]) => id.startsWith('ConsumerService'))
    .map(([, { Properties }]) => [
      Properties.Metrics[0].Expression,
      Properties.DatapointsToAlarm,
      Properties.EvaluationPeriods,
    ]);
  // Late and missing metrics are in monitoring/alarms-ring.test.ts.
  assert.deepEqual(alarms, [
    ['IF(recorded > 0, FILL(age, REPEAT), 0)', 1, 3],
    ['IF(waiting > 0, 100, cpu)', undefined, 15],
  ]);
});

test('scales producers to 1,000 requests a second each, and consumers in steps: out by one or two, in by one', () => {
  const policies = Object.values(templateOf('prod').findResources('AWS::ApplicationAutoScaling::ScalingPolicy'));
  const found = policies.map(({ Properties }) =>
    Properties.PolicyType === 'StepScaling'
      ? Properties.StepScalingPolicyConfiguration.StepAdjustments.map(
          (step: { readonly ScalingAdjustment: number }) => step.ScalingAdjustment,
        )
      : Properties.TargetTrackingScalingPolicyConfiguration.TargetValue,
  );
  assert.deepEqual(found, [60_000, 60, [1, 2], [-1]]);
  const thresholds = Object.entries(templateOf('prod').findResources('AWS::CloudWatch::Alarm'))
    .filter(([id]) => id.startsWith('ConsumerService'))
    .map(([, { Properties }]) => [Properties.ComparisonOperator, Properties.Threshold]);
  assert.deepEqual(thresholds, [
    ['GreaterThanOrEqualToThreshold', 90],
    ['LessThanOrEqualToThreshold', 20],
  ]);
});

test('with a domain, the load balancer uses TLS with a certificate for the name', () => {
  const template = templateOf('named');
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
    Port: 443,
    Protocol: 'HTTPS',
    Certificates: [Match.anyValue()],
  });
  template.hasResourceProperties('AWS::CertificateManager::Certificate', { DomainName: 'sluice.example.org' });
  templateOf('test').hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', { Port: 80, Protocol: 'HTTP' });
});
