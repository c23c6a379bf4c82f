import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { createOpenapi } from './openapi.ts';
import { routes } from './routes.ts';

// Routes that never need a token.
const open = new Set(['/', '/health', '/ready', '/openapi.json', '/docs']);

// The document as clients receive it.
const document: ReturnType<typeof createOpenapi> = JSON.parse(JSON.stringify(createOpenapi()));
const operations = Object.entries(document.paths).flatMap(([path, its]) =>
  Object.entries(its).map(([method, operation]) => ({ path, method, operation })),
);

/** Calls `visit` with every object of the document and its path. */
const walk = (value: unknown, visit: (node: Record<string, unknown>, path: string) => void, path = '#'): void => {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) visit(value as Record<string, unknown>, path);
  for (const [key, child] of Object.entries(value)) walk(child, visit, `${path}/${key}`);
};

test('each route is one operation, and there are no others', () => {
  const described = operations.map(({ path, method, operation }) => [
    operation.operationId,
    method.toUpperCase(),
    path,
  ]);
  const expected = Object.entries(routes).map(([name, { method, path }]) => [name, method, path]);
  assert.deepEqual(new Set(described.map(String)), new Set(expected.map(String)));
  assert.equal(described.length, expected.length);
});

test('the document is valid OpenAPI 3.1, and every reference resolves', async () => {
  assert.deepEqual(await new Validator().validate(structuredClone(document)), { valid: true });
});

for (const { path, method, operation } of operations) {
  test(`${method} ${path} describes its parameters, body and answers`, () => {
    for (const { name, schema, description } of operation.parameters ?? []) {
      assert.notEqual(description, '', name);
      assert.equal(schema['type'], 'string', name);
    }
    assert.equal(operation.requestBody !== undefined, method === 'post');
    for (const { schema } of Object.values(operation.requestBody?.content ?? {}))
      assert.ok(schema['type'] !== undefined);

    for (const [status, { description, content, headers = {} }] of Object.entries(operation.responses)) {
      assert.notEqual(description, '', status);
      if (Number(status) >= 400 && path !== '/ready')
        assert.deepEqual(Object.keys(content ?? {}), ['application/problem+json']);
      if (status === '503' || status === '429') assert.deepEqual(Object.keys(headers), ['Retry-After']);
      if (status === '401') assert.deepEqual(Object.keys(headers), ['WWW-Authenticate']);
    }
    for (const name of (operation.security ?? []).flatMap(Object.keys)) {
      assert.ok(document.components.securitySchemes[name] !== undefined);
    }
    assert.equal(operation.security !== undefined, !open.has(path), path);
  });
}

test('counts may also be NDJSON, one integer per line', () => {
  const { content } = document.paths['/counts']?.['post']?.requestBody ?? {};
  assert.deepEqual(Object.keys(content ?? {}), ['application/json', 'application/x-ndjson']);
  assert.equal(content?.['application/x-ndjson']?.schema['type'], 'integer');
});

test('no schema uses keywords of another draft or non-standard ones', () => {
  walk(document, (node, path) => {
    for (const key of ['$schema', 'nullable', 'definitions', '~standard']) assert.ok(!(key in node), `${path}/${key}`);
  });
});
