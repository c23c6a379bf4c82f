import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Template } from 'aws-cdk-lib/assertions';
import { templatesOf } from '../policy/templates-of-tests.ts';
import { readEnvironments } from '../read-environments.ts';
import { commandOf } from '../image-stages.ts';
import { commandWithin, envoyMemoryMiB } from './task-memory.ts';

const environments = await readEnvironments();
const templates = await templatesOf(environments);

type Container = { readonly Name: string; readonly Memory?: number; readonly Command?: readonly string[] };
type Task = { readonly Family: string; readonly Memory: string; readonly ContainerDefinitions: readonly Container[] };

const tasks = templates.flatMap((template) =>
  Object.values(Template.fromJSON(template).findResources('AWS::ECS::TaskDefinition')).map(
    ({ Properties }): Task => Properties,
  ),
);

test('each container has a hard memory limit, and together they fit into the task', () => {
  assert.equal(tasks.length, environments.length * 3);
  for (const { Family, Memory, ContainerDefinitions } of tasks) {
    const limits = ContainerDefinitions.map(({ Name, Memory: limit }) => limit ?? assert.fail(`${Family} ${Name}`));
    const sum = limits.reduce((total, limit) => total + limit, 0);
    assert.ok(sum <= Number(Memory), `${Family}: ${limits.join(' + ')} MiB are more than ${Memory}`);
  }
});

test('the heap of each service is at most half of its container, so it exits with a message before the kernel kills it', () => {
  const found = tasks.flatMap(({ Family, ContainerDefinitions }) =>
    ContainerDefinitions.flatMap(({ Name, Memory = 0, Command = [] }) => {
      const heap = Command.flatMap((word) => /^--max-old-space-size=(\d+)$/.exec(word)?.[1] ?? []);
      return heap.map((mebibytes) => ({ what: `${Family} ${Name}`, heap: Number(mebibytes), Memory }));
    }),
  );
  // For producer and consumer. An operator's command is short, and V8 knows its container's limit.
  assert.equal(found.length, environments.length * 2);
  for (const { what, heap, Memory } of found)
    assert.ok(heap >= 128 && heap * 2 <= Memory, `${what}: ${heap} of ${Memory}`);
});

test('with Compose, too, the heap of a service is at most half of its container', () => {
  const compose = readFileSync(join(import.meta.dirname, '../../compose.yaml'), 'utf8');
  for (const image of ['producer', 'consumer'] as const) {
    const [, limit = '', unit] =
      new RegExp(String.raw`^ {2}${image}:\n(?: {4}.*\n|\n)*? {4}mem_limit: (\d+)([mg])$`, 'm').exec(compose) ?? [];
    const heap = /--max-old-space-size=(\d+)/.exec(commandOf(image).join(' '))?.[1] ?? assert.fail(image);
    assert.ok(Number(limit) * (unit === 'g' ? 1_024 : 1) >= 2 * Number(heap), `${image}: ${heap} of ${limit}${unit}`);
  }
});

test('a command is the image’s own with another heap, and an image without a heap is an error', () => {
  const dockerfile = [
    'FROM a AS one',
    'CMD ["node", "other.ts"]',
    'FROM b AS producer',
    'RUN x',
    'CMD ["node", "--max-old-space-size=512", "--x", "main.ts"]',
    'FROM c AS consumer',
    'CMD ["node", "main.ts"]',
  ].join('\n');
  const heap = (memoryMiB: number) => commandWithin('producer', memoryMiB, dockerfile);
  assert.deepEqual(heap(768), ['node', '--max-old-space-size=384', '--x', 'main.ts']);
  assert.equal(heap(4_096)[1], '--max-old-space-size=512');
  assert.throws(
    () => commandWithin('consumer', 768, dockerfile),
    /The image consumer has no CMD with --max-old-space-size/,
  );
});

test('Envoy’s container has 1.5 times the heap at which Envoy stops accepting requests, and at least as much as with Compose', () => {
  const read = (file: string) => readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
  const [, heap] = /max_heap_size_bytes: (\d+)/.exec(read('containers/envoy.yaml')) ?? [];
  assert.ok(envoyMemoryMiB * 1_048_576 >= 1.5 * Number(heap ?? assert.fail()));
  const [, limit] = /^ {2}envoy:\n(?: {4}.*\n|\n)*? {4}mem_limit: (\d+)m$/m.exec(read('compose.yaml')) ?? [];
  assert.ok(envoyMemoryMiB >= Number(limit ?? assert.fail()));
});
