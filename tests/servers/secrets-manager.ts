import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

type Fault = { readonly status: number; readonly type: string; readonly message: string };

/** The error responses of Secrets Manager. */
const faults = {
  AccessDeniedException: 'User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized',
  ResourceNotFoundException: "Secrets Manager can't find the specified secret.",
  ThrottlingException: 'Rate exceeded',
} as const;

/**
 * Starts a server on loopback that answers GetSecretValue as AWS Secrets Manager does. Returns it
 * with the environment variables that point the AWS SDK to it.
 * Protocol: AWS JSON 1.1 (https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html).
 * Shapes and errors:
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html.
 */
export const createSecretsManager = async (test: TestContext) => {
  const secrets = new Map<string, string>();
  let fault: Fault | undefined;
  let reads = 0;
  let held: Promise<void> = Promise.resolve();

  const answer = (target: string | undefined, body: string): readonly [status: number, body: object] => {
    if (target !== 'secretsmanager.GetSecretValue') return [400, { __type: 'UnknownOperationException' }];
    reads += 1;
    if (fault !== undefined) return [fault.status, { __type: fault.type, message: fault.message }];
    const request: unknown = JSON.parse(body);
    const arn =
      typeof request === 'object' && request !== null && 'SecretId' in request ? String(request.SecretId) : '';
    const value = secrets.get(arn);
    if (value === undefined) {
      return [400, { __type: 'ResourceNotFoundException', Message: faults.ResourceNotFoundException }];
    }
    return [
      200,
      {
        ARN: arn,
        CreatedDate: 1_700_000_000.5,
        Name: arn.split(':').at(-1),
        SecretString: value,
        VersionId: `00000000-0000-4000-8000-${String(reads).padStart(12, '0')}`,
        VersionStages: ['AWSCURRENT'],
      },
    ];
  };

  const server = createServer((request, response) => {
    const respond = async () => {
      const body = await text(request);
      await held;
      const target = request.headers['x-amz-target'];
      const [status, document] = answer(typeof target === 'string' ? target : undefined, body);
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': 'r' });
      response.end(JSON.stringify(document));
    };
    respond().catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');
  test.after(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });

  return {
    /** Variables for this process and for those that a test starts. */
    environment: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${address.port}`,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'not-a-key',
      AWS_REGION: 'eu-central-1',
    },
    /** Makes `value` (as JSON) the AWSCURRENT version of a secret. Returns its ARN. */
    put: (name: string, value: unknown): string => {
      const arn = `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${name}`;
      secrets.set(arn, typeof value === 'string' ? value : JSON.stringify(value));
      return arn;
    },
    /** Makes every read return this error; `undefined` restores the secret. */
    fail: (type: keyof typeof faults | undefined) => {
      fault = type === undefined ? undefined : { status: 400, type, message: faults[type] };
    },
    /** Delays answers until `until` resolves. */
    hold: (until: Promise<void>) => {
      held = until;
    },
    /** Returns the number of reads that were answered. */
    reads: () => reads,
  };
};

/** Sets environment variables of this process until the test ends. */
export const setEnvironment = (test: TestContext, variables: Readonly<Record<string, string>>): void => {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, variables);
  test.after(() => {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });
};
