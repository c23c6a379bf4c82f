import { Stack, type StackProps } from 'aws-cdk-lib';
import { PrivateDnsNamespace } from 'aws-cdk-lib/aws-servicediscovery';
import type { Construct } from 'constructs';
import type { Environment } from '../environment.ts';
import type { FoundationStack } from './foundation.ts';

type AppStackProps = StackProps & { readonly environment: Environment; readonly foundation: FoundationStack };

/** What works: tasks, load balancer, page. It holds nothing, and is deployed with each release. */
export class AppStack extends Stack {
  /** In which the services find each other. */
  readonly namespace: PrivateDnsNamespace;

  constructor(scope: Construct, id: string, props: AppStackProps) {
    super(scope, id, props);
    this.namespace = new PrivateDnsNamespace(this, 'Namespace', {
      name: `sluice-${props.environment.name}.internal`,
      vpc: props.foundation.network.vpc,
    });
  }
}
