import { once } from 'node:events';
import { createServer, request as sendRequest, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Owner } from '@sluice/test-servers/test-file.ts';

/**
 * A request to AWS. `service`: the signed service name (`cloudformation`). `action`: the API action
 * (`DescribeStacks`), or the method and path for S3 and similar services.
 */
export type AwsRequest = {
  readonly service: string;
  readonly region: string;
  readonly action: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

export type AwsAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
};

/**
 * Called for each request. It answers in place of the emulator, changes the emulator's answer, or
 * returns `undefined`. `ask` sends the request to the emulator.
 */
export type Rule = (request: AwsRequest, ask: () => Promise<AwsAnswer>) => Promise<AwsAnswer | undefined>;

/**
 * A proxy in front of the emulator, which commands use as AWS. It injects the faults that the
 * emulator cannot produce.
 */
export type Front = {
  readonly port: number;
  /** All requests since the start, as `service:action`. */
  readonly asked: readonly string[];
  /** Adds a rule with priority over earlier ones. Returns a function that removes it. */
  readonly add: (rule: Rule) => () => void;
};

export const startFront = async (owner: Owner, emulatorPort: number): Promise<Front> => {
  const rules: Rule[] = [];
  const asked: string[] = [];

  const answer = async (method: string, request: AwsRequest): Promise<AwsAnswer> => {
    const ask = () => forward(emulatorPort, method, request);
    for (const rule of rules) {
      const answered = await rule(request, ask);
      if (answered !== undefined) return answered;
    }
    return ask();
  };

  const server = createServer((incoming, outgoing) => {
    const respond = async () => {
      const body = await buffer(incoming);
      const { method = 'GET', url = '/', headers } = incoming;
      const request = { ...describe(method, url, headers, body), path: url, headers, body };
      asked.push(`${request.service}:${request.action}`);
      write(outgoing, await answer(method, request));
    };
    respond().catch((error: unknown) => {
      // The message appears in the output of the command under test.
      if (!outgoing.headersSent) outgoing.writeHead(500);
      outgoing.end(`The proxy of the tests failed: ${String(error)}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  owner.after(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port');
  return {
    port: address.port,
    asked,
    add: (rule) => {
      rules.unshift(rule);
      return () => void rules.splice(rules.indexOf(rule), 1);
    },
  };
};

const write = (outgoing: ServerResponse, { status, headers, body }: AwsAnswer): void => {
  // The length is computed from the body written here.
  const { 'transfer-encoding': _encoding, 'content-length': _length, connection: _connection, ...kept } = headers;
  outgoing.writeHead(status, { ...kept, 'content-length': String(body.length) } as Record<string, string>);
  outgoing.end(body);
};

const forward = async (port: number, method: string, { path, headers, body }: AwsRequest): Promise<AwsAnswer> => {
  const { 'transfer-encoding': _encoding, expect: _expectation, ...kept } = headers;
  const outgoing = sendRequest({
    host: '127.0.0.1',
    port,
    method,
    path,
    headers: { ...kept, 'content-length': body.length, connection: 'close' },
  });
  outgoing.end(body);
  const answered = new Promise<AwsAnswer>((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      buffer(response).then(
        (bytes) => resolve({ status: response.statusCode ?? 500, headers: response.headers, body: bytes }),
        reject,
      );
    });
  });
  return answered;
};

// `AWS4-HMAC-SHA256 Credential=KEY/20261122/eu-central-1/s3/aws4_request, …`
const credential = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\/aws4_request/;

const describe = (method: string, url: string, headers: IncomingHttpHeaders, body: Buffer) => {
  const [, region = '', service = ''] = credential.exec(headers.authorization ?? '') ?? [];
  const target = headers['x-amz-target'];
  const form = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true;
  const action =
    typeof target === 'string'
      ? target.slice(target.lastIndexOf('.') + 1)
      : ((form ? new URLSearchParams(body.toString()).get('Action') : null) ?? `${method} ${url}`);
  return { region, service, action };
};
