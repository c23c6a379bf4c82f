import { CfnParameter, Stack, type StackProps } from 'aws-cdk-lib';
import { PrivateDnsNamespace } from 'aws-cdk-lib/aws-servicediscovery';
import type { Construct } from 'constructs';
import { Alarms } from '../monitoring/alarms.ts';
import { createCluster } from '../services/cluster.ts';
import { Consumer } from '../services/consumer.ts';
import { DataFlowDashboard } from '../monitoring/dashboard.ts';
import { Frontend } from '../page/frontend.ts';
import { LoadBalancer } from '../network/load-balancer.ts';
import { createLogBucket } from '../page/log-bucket.ts';
import { Operator } from '../services/operator.ts';
import { Producer } from '../services/producer.ts';
import { AlarmTopic } from '../monitoring/topic.ts';
import type { Environment } from '../schema/environment.ts';
import type { EdgeStack } from './edge.ts';
import type { FoundationStack } from './foundation.ts';
import { repositoriesFor, type RegistryStack } from './registry.ts';

type AppStackProps = StackProps & {
  readonly environment: Environment;
  readonly foundation: FoundationStack;
  readonly registry: RegistryStack;
  readonly edge: EdgeStack | undefined;
};

/** The stateless resources: tasks, load balancer, page. Each release deploys this stack. */
export class AppStack extends Stack {
  readonly loadBalancer: LoadBalancer;
  readonly producer: Producer;
  readonly consumer: Consumer;
  readonly frontend: Frontend;

  constructor(scope: Construct, id: string, props: AppStackProps) {
    super(scope, id, props);
    const { environment, foundation, registry, edge } = props;
    const { vpc, groups } = foundation.network;
    // The images exist before the services.
    this.addStackDependency(registry);
    const { producer, consumer, envoy } = repositoriesFor(this, environment);
    // A parameter of the deployment, so that the templates stay the same between releases.
    const imageTag = new CfnParameter(this, 'ImageTag', {
      description: 'The tag of the images: environment and commit',
      allowedPattern: '[A-Za-z0-9][A-Za-z0-9._-]{0,127}',
    }).valueAsString;
    const context = {
      cluster: createCluster(this, vpc, environment),
      namespace: new PrivateDnsNamespace(this, 'Namespace', { name: `sluice-${environment.name}.internal`, vpc }),
      environment,
      imageTag,
    };
    const logs = createLogBucket(this, environment);
    this.loadBalancer = new LoadBalancer(this, 'LoadBalancer', {
      vpc,
      securityGroups: [groups.loadBalancer, groups.loadBalancerTls],
      environment,
      logs,
    });
    this.producer = new Producer(this, 'Producer', {
      context,
      foundation,
      images: { producer, envoy },
      targets: this.loadBalancer.targets,
    });
    this.consumer = new Consumer(this, 'Consumer', { context, foundation, image: consumer });
    // Consumers load the script that producers run, so consumers are deployed before producers.
    this.producer.service.node.addDependency(this.consumer.service);
    new Operator(this, 'Operator', { context, foundation, image: consumer });
    const alarms = this.watch(environment);
    // Alarms roll a release back, so they must exist before the release.
    if (alarms !== undefined)
      for (const { service } of [this.producer, this.consumer]) service.node.addDependency(alarms);
    this.frontend = new Frontend(this, 'Frontend', {
      environment,
      loadBalancer: this.loadBalancer,
      logs,
      certificate: edge?.certificate,
      firewall: edge?.firewall?.attrArn,
    });
  }

  private watch(environment: Environment): Alarms | undefined {
    const { balancer, targets } = this.loadBalancer;
    if (!environment.hasAlarms) return undefined;
    new DataFlowDashboard(this, 'Dashboard', { environment, targets });
    const { topic } = new AlarmTopic(this, 'Topic', environment);
    return new Alarms(this, 'Alarms', { environment, balancer, targets, topic });
  }
}
