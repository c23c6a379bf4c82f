import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '@sluice/infra/schema/environment.ts';
import * as z from 'zod';
import type { Work } from '../cli/command.ts';
import { waitUntil, type State } from '../cli/wait-until.ts';

const total = z.object({ rows_count: z.int(), latest_value: z.int() });

type Answer = { readonly status: number; readonly text: string };

const ask = async (work: Work, url: string, init: RequestInit = {}): Promise<Answer> => {
  const signal = AbortSignal.any([work.signal, AbortSignal.timeout(30_000)]);
  const response = await fetch(url, { ...init, signal });
  return { status: response.status, text: await response.text() };
};

/** Polls until the answer is as expected: a new address takes time to become known everywhere. */
const pollUntil = async (
  work: Work,
  what: string,
  call: () => Promise<Answer>,
  judge: (answer: Answer) => State,
  where: string,
): Promise<void> => {
  const fix = 'check npm run logs -- ENV producer and the dashboard; docs/runbook.md lists causes and fixes';
  await waitUntil(work, { what, where, fix, longestMin: 5 }, async () => {
    try {
      return judge(await call());
    } catch (error) {
      if (work.signal.aborted) throw error;
      return { lacks: reasonOf(error) };
    }
  });
};

const said = ({ status, text }: Answer): State => ({ lacks: `${status} ${text.slice(0, 200)}` });

const readTotal = ({ status, text }: Answer) => (status === 200 ? total.safeParse(JSON.parse(text)).data : undefined);

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  // fetch gives the reason only in the cause.
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
};

/** Access to the API: the environment's setting, and a token if the API is closed. */
export type Access = { readonly api: Environment['api']; readonly token?: string };

/**
 * Checks that requests without a token are refused if the environment says so. The body is
 * malformed, so an open API records nothing.
 */
const checkRefusal = async (work: Work, url: string, api: Environment['api']): Promise<void> => {
  if (api.access === 'open') return;
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' };
  const probes = [
    { what: 'POST /count without a token', init: post },
    ...(api.tokensFor === 'all' ? [{ what: 'GET /count without a token', init: {} }] : []),
  ];
  for (const { what, init } of probes) {
    await pollUntil(
      work,
      what,
      () => ask(work, url, init),
      (answer) => (answer.status === 401 ? 'done' : said(answer)),
      url,
    );
  }
  work.progress.line('✓ requests without a token are refused');
};

/**
 * Does once what users do, on the same path: loads the page, posts a count, and waits until the
 * count is recorded. The count has its own idempotency key, so a count that is posted twice is
 * recorded once.
 */
export const smokeTest = async (
  work: Work,
  address: string,
  pageFolder: string,
  { api: access, token }: Access,
): Promise<void> => {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const index = readFileSync(join(pageFolder, 'index.html'), 'utf8');
  await pollUntil(
    work,
    'The page',
    () => ask(work, `${address}/`),
    (answer) => (answer.status === 200 && answer.text === index ? 'done' : said(answer)),
    address,
  );
  work.progress.line('✓ the page is the one of this release');

  const api = `${address}/api/count`;
  await checkRefusal(work, api, access);
  let before = 0;
  await pollUntil(
    work,
    'GET /count',
    () => ask(work, api, { headers: authorization }),
    (answer) => {
      const found = readTotal(answer);
      if (found === undefined) return said(answer);
      before = found.rows_count;
      return 'done';
    },
    api,
  );
  const post = {
    method: 'POST',
    headers: { ...authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID() },
    body: JSON.stringify({ count: Math.floor(Date.now() / 1_000) }),
  };
  await pollUntil(
    work,
    'POST /count',
    () => ask(work, api, post),
    (answer) => (answer.status === 201 ? 'done' : said(answer)),
    api,
  );
  await pollUntil(
    work,
    'The posted count',
    () => ask(work, api, { headers: authorization }),
    (answer) => {
      const found = readTotal(answer);
      return found !== undefined && found.rows_count > before ? 'done' : said(answer);
    },
    api,
  );
  work.progress.line('✓ a count was posted and recorded');
};
