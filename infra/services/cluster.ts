import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { CfnCluster, Cluster, ContainerInsights } from 'aws-cdk-lib/aws-ecs';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';

/** Creates the cluster for the tasks of an environment. */
export const createCluster = (scope: Construct, vpc: IVpc, environment: Environment): Cluster => {
  const { name, producer, consumer, hasContainerInsights, logDays } = environment;
  const clusterName = `sluice-${name}`;
  const cluster = new Cluster(scope, 'Cluster', {
    vpc,
    clusterName,
    containerInsightsV2: hasContainerInsights ? ContainerInsights.ENABLED : ContainerInsights.DISABLED,
  });
  const resource = cluster.node.defaultChild;
  // CDK would associate the providers through a resource that no service depends on. ECS refuses to
  // remove that resource while a service exists (aws/aws-cdk#15366).
  if (resource instanceof CfnCluster && (producer.isSpot || consumer.isSpot))
    resource.capacityProviders = ['FARGATE', 'FARGATE_SPOT'];
  if (hasContainerInsights) {
    // ECS would create it itself, and it would outlive the stack.
    const logGroup = new LogGroup(scope, 'Insights', {
      logGroupName: `/aws/ecs/containerinsights/${clusterName}/performance`,
      retention: logDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    cluster.node.addDependency(logGroup);
  } else {
    Validations.of(cluster).acknowledge({
      id: 'AwsSolutions::AwsSolutions-ECS4',
      reason: 'hasContainerInsights is false: the metrics of each task cost more than they are worth here',
    });
  }
  return cluster;
};
