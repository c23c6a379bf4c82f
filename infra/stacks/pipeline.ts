import { Duration, RemovalPolicy, Stack, Validations, type StackProps } from 'aws-cdk-lib';
import { CfnOIDCProvider, PolicyStatement, Role, WebIdentityPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';
import { rightsOf } from './pipeline-rights.ts';

type Pipeline = NonNullable<Environment['pipeline']>;

type PipelineStackProps = StackProps & {
  readonly environment: Environment;
  readonly pipeline: Pipeline;
  /** The environment whose images this one takes. */
  readonly source: Environment | undefined;
};

/** Returns the name of the role with which a pipeline deploys an environment. */
export const roleNameOf = (environment: string): string => `sluice-${environment}-pipeline`;

const issuer = 'token.actions.githubusercontent.com';

/**
 * The role with which a GitHub workflow deploys. GitHub's OIDC token proves the repository and the
 * environment of a job ("Configuring OpenID Connect in Amazon Web Services"). So no key is stored,
 * and the approvers of that environment decide on deployments.
 *
 * The role is an administrator of the account in effect. It may assume CDK's role for deployments,
 * which starts CloudFormation with the role `cdk-…-cfn-exec-role`, and `cdk bootstrap` gives that one
 * AdministratorAccess. An account of its own for each environment is the limit; the guide shows how
 * to narrow it (docs/guides/aws.md, "A pipeline").
 */
export class PipelineStack extends Stack {
  readonly role: Role;

  constructor(scope: Construct, id: string, { environment, pipeline, source, ...props }: PipelineStackProps) {
    super(scope, id, props);
    const { name, account } = environment;
    const provider = pipeline.makesProvider
      ? this.createProvider()
      : `arn:${this.partition}:iam::${account}:oidc-provider/${issuer}`;
    this.role = new Role(this, 'Role', {
      roleName: roleNameOf(name),
      description: `Deploys Sluice ${name} from ${pipeline.repository}. An administrator of the account in effect: CloudFormation changes every resource for it.`,
      // The first deployment creates databases. The credentials of a job must outlive that.
      maxSessionDuration: Duration.hours(2),
      assumedBy: new WebIdentityPrincipal(provider, {
        StringEquals: {
          [`${issuer}:aud`]: 'sts.amazonaws.com',
          [`${issuer}:sub`]: subjectsOf(pipeline, name),
        },
      }),
    });
    for (const { actions, resources, conditions } of rightsOf(this, environment, source)) {
      this.role.addToPolicy(
        new PolicyStatement({
          actions: [...actions],
          resources: [...resources],
          ...(conditions === undefined ? {} : { conditions }),
        }),
      );
      for (const resource of resources.filter((each) => each.includes('*'))) this.acknowledge(resource);
    }
  }

  private createProvider(): string {
    const provider = new CfnOIDCProvider(this, 'GitHub', {
      url: `https://${issuer}`,
      clientIdList: ['sts.amazonaws.com'],
    });
    // The account has one provider, which its other environments also use to deploy. A failed
    // creation must not remove it either: CloudFormation has removed an existing one
    // (aws-cloudformation/cloudformation-coverage-roadmap#1048).
    provider.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return provider.attrArn;
  }

  private acknowledge(resource: string): void {
    Validations.of(this.role).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::${resource}]`,
      reason:
        resource === '*'
          ? 'These actions only read or log in, and AWS supports no single resource for them'
          : 'AWS or CDK chooses a part of the name on creation',
    });
  }
}

/**
 * Returns the subjects of a job's token, without a wildcard. With ids, a repository that somebody
 * else creates under the same name later has another subject. GitHub sends that form for
 * repositories that were created, renamed or transferred since 15 July 2026, or opted in
 * ("Immutable subject claims for GitHub Actions OIDC tokens", GitHub changelog, 2026-04-23). All
 * others send the form without ids.
 */
const subjectsOf = ({ repository, ownerId, repositoryId }: Pipeline, environment: string): string | string[] => {
  const byName = `repo:${repository}:environment:${environment}`;
  if (ownerId === undefined || repositoryId === undefined) return byName;
  const [owner, name] = repository.split('/');
  return [byName, `repo:${owner}@${ownerId}/${name}@${repositoryId}:environment:${environment}`];
};
