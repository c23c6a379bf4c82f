import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Repository, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr';
import type { Construct } from 'constructs';
import type { Environment } from '../environment.ts';

type Image = 'producer' | 'consumer' | 'envoy';

/**
 * The repositories of the images, whose tags never change. They exist before the images, and so
 * before the services.
 */
export class RegistryStack extends Stack {
  readonly repositories: Readonly<Record<Image, Repository>>;

  constructor(scope: Construct, id: string, props: StackProps & { readonly environment: Environment }) {
    super(scope, id, props);
    const { environment } = props;
    this.repositories = {
      producer: this.createRepository('producer', environment),
      consumer: this.createRepository('consumer', environment),
      envoy: this.createRepository('envoy', environment),
    };
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
