import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Repository, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr';
import { AccountPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Environment } from '../environment.ts';
import { roleNameOf } from './pipeline.ts';
import { readsImages } from './pipeline-rights.ts';

type Image = 'producer' | 'consumer' | 'envoy';

type RegistryStackProps = StackProps & {
  readonly environment: Environment;
  /** Environments that take these images, with a pipeline. */
  readonly takers: readonly Environment[];
};

/**
 * The repositories of the images, whose tags never change. They exist before the images, and so
 * before the services.
 */
export class RegistryStack extends Stack {
  readonly repositories: Readonly<Record<Image, Repository>>;

  constructor(scope: Construct, id: string, props: RegistryStackProps) {
    super(scope, id, props);
    const { environment, takers } = props;
    this.repositories = {
      producer: this.createRepository('producer', environment),
      consumer: this.createRepository('consumer', environment),
      envoy: this.createRepository('envoy', environment),
    };
    for (const taker of takers) this.allowPipeline(taker);
  }

  /**
   * Allows the pipeline of another environment to read the images. ECR refuses a policy with the ARN
   * of a role that does not exist yet (aws/aws-cdk#16376), so the policy names the account and
   * compares the role.
   */
  private allowPipeline({ name, account }: Environment): void {
    const role = `arn:${this.partition}:iam::${account}:role/${roleNameOf(name)}`;
    for (const repository of Object.values(this.repositories)) {
      repository.addToResourcePolicy(
        new PolicyStatement({
          actions: [...readsImages],
          principals: [new AccountPrincipal(account)],
          conditions: { ArnEquals: { 'aws:PrincipalArn': role } },
        }),
      );
    }
  }

  private createRepository(image: Image, { name, isProtected }: Environment): Repository {
    return new Repository(this, image, {
      repositoryName: `sluice-${name}/${image}`,
      imageTagMutability: TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      lifecycleRules: [
        {
          rulePriority: 1,
          description: 'Images that lost their tag during a push',
          tagStatus: TagStatus.UNTAGGED,
          maxImageAge: Duration.days(7),
        },
        { rulePriority: 2, description: 'Images for rollbacks', tagStatus: TagStatus.ANY, maxImageCount: 50 },
      ],
      // In a protected environment, `destroy` stops at a repository that has images.
      removalPolicy: RemovalPolicy.DESTROY,
      emptyOnDelete: !isProtected,
    });
  }
}
