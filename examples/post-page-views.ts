import { randomUUID } from 'node:crypto';

// Posts 2,000 page views as NDJSON: `node tools/run.mjs examples/post-page-views.ts [ADDRESS]`.

const [address = 'http://127.0.0.1:5080'] = process.argv.slice(2);
const paths = ['/', '/pricing', '/docs', '/docs/start', '/blog'];

const lines = Array.from({ length: 2_000 }, (_, index) =>
  JSON.stringify({
    visitor: randomUUID(),
    path: paths[Math.floor(Math.random() ** 2 * paths.length)],
    duration_ms: Math.round(Math.random() * 60_000) / 10,
    viewed_at: new Date(performance.timeOrigin - index * 30_000).toISOString(),
    ...(index % 3 === 0 ? { plan: 'pro' } : {}),
    properties: { referrer: index % 2 === 0 ? 'search' : null },
  }),
);

const response = await fetch(`${address}/tables/page_view/rows`, {
  method: 'POST',
  // With the key, it is safe to send the request again.
  headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': randomUUID() },
  body: lines.join('\n'),
});
console.log(response.status, await response.text());
process.exitCode = response.ok ? 0 : 1;
