import { Stage, Tags, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from './schema/environment.ts';
import { AppStack } from './stacks/app.ts';
import { EdgeStack } from './stacks/edge.ts';
import { FoundationStack } from './stacks/foundation.ts';
import { PipelineStack } from './stacks/pipeline.ts';
import { RegistryStack } from './stacks/registry.ts';

/**
 * All stacks of an environment. Each stack has its own lifetime: images exist before the services,
 * and the data outlives both.
 */
export class EnvironmentStage extends Stage {
  readonly edge: EdgeStack | undefined;
  readonly registry: RegistryStack;
  readonly foundation: FoundationStack;
  readonly app: AppStack;

  /** `others`: the environments that this one may take images from, or give images to. */
  constructor(scope: Construct, environment: Environment, others: readonly Environment[] = []) {
    const { account, region, name, isProtected, domain, firewall } = environment;
    super(scope, name, { env: { account, region } });
    const propsOf = (stack: string): StackProps => ({
      stackName: `sluice-${name}-${stack}`,
      terminationProtection: isProtected,
    });
    this.edge =
      domain === undefined && firewall === undefined
        ? undefined
        : new EdgeStack(this, 'edge', { ...propsOf('edge'), env: { account, region: 'us-east-1' }, environment });
    if (environment.pipeline !== undefined) {
      const { pipeline, imagesFrom } = environment;
      const source = others.find((each) => each.name === imagesFrom);
      new PipelineStack(this, 'pipeline', { ...propsOf('pipeline'), environment, pipeline, source });
    }
    const takers = others.filter((each) => each.imagesFrom === name && each.pipeline !== undefined);
    this.registry = new RegistryStack(this, 'registry', { ...propsOf('registry'), environment, takers });
    this.foundation = new FoundationStack(this, 'foundation', { ...propsOf('foundation'), environment });
    this.app = new AppStack(this, 'app', {
      ...propsOf('app'),
      environment,
      foundation: this.foundation,
      registry: this.registry,
      edge: this.edge,
    });
    // CloudFront refuses every change of an attached VPC origin, including its tags
    // (aws/aws-cdk#34629).
    const options = { excludeResourceTypes: ['AWS::CloudFront::VpcOrigin'] };
    Tags.of(this).add('application', 'sluice', options);
    Tags.of(this).add('environment', name, options);
  }
}
