import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { Repository, TagMutability, TagStatus, type IRepository } from 'aws-cdk-lib/aws-ecr';
import { AccountPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';
import { roleNameOf } from './pipeline.ts';
import { readsImages } from './pipeline-rights.ts';

type Image = 'producer' | 'consumer' | 'envoy';

type RegistryStackProps = StackProps & {
  readonly environment: Environment;
  /** Environments that take these images, with a pipeline. */
  readonly takers: readonly Environment[];
};

const nameOf = ({ name }: Environment, image: Image): string => `sluice-${name}/${image}`;

/**
 * Returns the repositories for a stack that takes images from them. Their addresses are literal.
 * CDK would split the ARN that another stack puts out (`Fn::Split` of `Fn::GetStackOutput`), and
 * the documentation of `Fn::Split` does not allow that function.
 */
export const repositoriesFor = (scope: Construct, environment: Environment): Readonly<Record<Image, IRepository>> => {
  const { account, region } = environment;
  const find = (image: Image) => {
    const repositoryName = nameOf(environment, image);
    const repositoryArn = `arn:${Stack.of(scope).partition}:ecr:${region}:${account}:repository/${repositoryName}`;
    return Repository.fromRepositoryAttributes(scope, `Images-${image}`, { repositoryName, repositoryArn });
  };
  return { producer: find('producer'), consumer: find('consumer'), envoy: find('envoy') };
};

/**
 * The repositories of the images, whose tags never change. They exist before the images, and so
 * before the services.
 */
export class RegistryStack extends Stack {
  constructor(scope: Construct, id: string, props: RegistryStackProps) {
    super(scope, id, props);
    const { environment, takers } = props;
    for (const image of ['producer', 'consumer', 'envoy'] as const) {
      const repository = this.createRepository(image, environment);
      for (const taker of takers) this.allowPipeline(taker, repository);
    }
  }

  /**
   * Allows the pipeline of another environment to read the images. ECR refuses a policy with the ARN
   * of a role that does not exist yet (aws/aws-cdk#16376), so the policy names the account and
   * compares the role.
   */
  private allowPipeline({ name, account }: Environment, repository: Repository): void {
    const role = `arn:${this.partition}:iam::${account}:role/${roleNameOf(name)}`;
    repository.addToResourcePolicy(
      new PolicyStatement({
        actions: [...readsImages],
        principals: [new AccountPrincipal(account)],
        conditions: { ArnEquals: { 'aws:PrincipalArn': role } },
      }),
    );
  }

  private createRepository(image: Image, environment: Environment): Repository {
    return new Repository(this, image, {
      repositoryName: nameOf(environment, image),
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
      emptyOnDelete: !environment.isProtected,
    });
  }
}
