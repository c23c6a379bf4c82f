/** What is removed from the templates for each point of docs/aws.md, by the title of the test that must then fail. */
export const removals: Readonly<Record<string, string>> = {
  'test: the tasks are of ARM and of the size that its values say': 'AWS::ECS::TaskDefinition',
  'images keep their tags, are scanned, and fifty of them are kept': 'AWS::ECR::Repository',
  'test: images are of a tag that is given, from repositories of its own':
    'AWS::ECS::TaskDefinition.ContainerDefinitions.*.Image',
  'test: both services are found by name in a private DNS namespace': 'AWS::ServiceDiscovery::PrivateDnsNamespace',
  'the page is in a private, versioned, encrypted bucket that CloudFront alone reads': 'AWS::S3::Bucket',
  'the API is reached inside the network, and a stream may be silent for two minutes': 'AWS::CloudFront::Distribution',
  'test: MySQL 8.4 as its values say, encrypted, with a password that RDS keeps': 'AWS::RDS::DBInstance',
  'serverless: Valkey that scales within the limits of the environment, and knows its users':
    'AWS::ElastiCache::ServerlessCache',
  'nodes: Valkey 9 that acknowledges when two zones have it on disk, evicts nothing, and fails over':
    'AWS::ElastiCache::ReplicationGroup',
  'nodes: shards are added when they are busy or full, up to as many as there are partitions':
    'AWS::ApplicationAutoScaling::ScalingPolicy',
  'nodes: each user logs in with IAM under an id that is its name, and there is no user default':
    'AWS::ElastiCache::User',
  'the function runs on ARM in private subnets, with a log group of its own, and is told secrets by their ARNs':
    'AWS::Lambda::Function',
  'it imports a dump where the environment has one': 'Custom::DatabaseSetup.ImportFile',
  'each user has a secret that AWS rotates, once the user is there': 'AWS::SecretsManager::Secret',
  'prod: a public and a private subnet in each of eu-central-1a, eu-central-1b, eu-central-1c': 'AWS::EC2::Subnet',
  'prod: these connections are possible and no others': 'AWS::EC2::SecurityGroupIngress',
  'prod: a release that does not come up is put back, and nothing resets the number of tasks':
    'AWS::ApplicationAutoScaling::ScalableTarget',
  'consumers are added by the age of the oldest entry, but not while the ledger does not record':
    'AWS::CloudWatch::Alarm',
  'each environment that is to wake somebody has these alarms, and others none': 'AWS::CloudWatch::Alarm',
  'failovers and spending beyond the budget are told': 'AWS::RDS::EventSubscription',
  'each environment has a dashboard that follows a count': 'AWS::CloudWatch::Dashboard',
  'test: a task may read its secret, be its user of the queue, and nothing else': 'AWS::IAM::Policy',
  'a role may log in to its cache as its user, and nowhere else': 'AWS::IAM::Policy',
  'test: the load balancer is internal, asks the API through Envoy, and logs':
    'AWS::ElasticLoadBalancingV2::TargetGroup.HealthCheckPath',
  'test: no container runs as root, writes to its file system, or has a capability':
    'AWS::ECS::TaskDefinition.ContainerDefinitions.*.User',
  'test: ECS asks the API and Envoy whether they are well, and a consumer ends itself when it is stuck':
    'AWS::ECS::TaskDefinition.ContainerDefinitions.*.HealthCheck',
  'with a domain it has its name, its certificate, TLS 1.2 at least, and the origin speaks TLS':
    'AWS::Route53::RecordSet',
  'with a domain the load balancer speaks TLS, with a certificate for the name': 'AWS::CertificateManager::Certificate',
  'the firewall refuses an address that asks too often, before it looks at anything else':
    'AWS::WAFv2::WebACL.Rules.*.Statement.RateBasedStatement',
  'wherever there is a firewall it has AWS’s rules, which let a body of 1 MiB and a client without User-Agent pass':
    'AWS::WAFv2::WebACL.Rules.*.Statement.ManagedRuleGroupStatement.RuleActionOverrides',
  'an output names the secret and the command that shows it, and not what is in it': 'AWS::SecretsManager::Secret',
  'each container of each task has a hard limit of its own, and together they fit into the task':
    'AWS::ECS::TaskDefinition.ContainerDefinitions.*.Memory',
  'Lambda has the rights to the network, and the code of the function has none of them, from its first run on':
    'AWS::IAM::Policy.PolicyDocument.Statement.*.Condition',
  'no client can roll a release back: what does looks at no answer that a client can provoke':
    'AWS::ECS::Service.DeploymentConfiguration.Alarms',
};
