import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { settingsFor } from './account.ts';
import { explain } from '../cli/explain.ts';

test(
  'a call without an answer times out, with the message that AWS cannot be reached',
  { timeout: 10_000 },
  async (context) => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    context.after(() => server.close());
    context.after(() => server.closeAllConnections());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('The system gave no port');
    const settings = settingsFor('eu-central-1');
    const sts = new STSClient({
      ...settings,
      requestHandler: { ...settings.requestHandler, requestTimeout: settings.requestHandler.requestTimeout / 300 },
      maxAttempts: 1,
      endpoint: `http://127.0.0.1:${address.port}`,
      credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' },
    });
    context.after(() => sts.destroy());
    await assert.rejects(sts.send(new GetCallerIdentityCommand({})), (error: unknown) => {
      assert.match(explain(error).what, /^AWS cannot be reached/);
      return true;
    });
  },
);
