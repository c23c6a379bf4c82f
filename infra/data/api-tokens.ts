import { CfnOutput, Validations } from 'aws-cdk-lib';
import { Secret, type ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';

type ClosedApi = Extract<Environment['api'], { access: 'tokens' }>;

/**
 * The bearer tokens of a closed API: a secret with one generated token, or the secret that the
 * environment names.
 */
export class ApiTokens extends Construct {
  readonly secret: ISecret;

  constructor(scope: Construct, id: string, { environment, api }: { environment: Environment; api: ClosedApi }) {
    super(scope, id);
    this.secret =
      api.tokensSecretArn === undefined
        ? this.createSecret(environment)
        : Secret.fromSecretCompleteArn(this, 'Secret', api.tokensSecretArn);
    new CfnOutput(this, 'Arn', {
      value: this.secret.secretArn,
      description:
        'aws secretsmanager get-secret-value --secret-id ARN --query SecretString --output text shows the tokens',
    });
  }

  private createSecret({ name }: Environment): Secret {
    const secret = new Secret(this, 'Secret', {
      description: `Bearer tokens of the API of Sluice ${name}, by the name of their holder`,
      // Letters and digits need no quotes in a shell or a header. 64 of them hold 381 bits.
      generateSecretString: {
        secretStringTemplate: '{}',
        generateStringKey: 'first',
        passwordLength: 64,
        excludePunctuation: true,
      },
    });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason:
        'Clients hold the tokens, so no function can rotate them. docs/guides/aws.md says how to replace one without an outage',
    });
    return secret;
  }
}
