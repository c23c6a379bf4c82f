import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainDocker } from './docker.ts';

const explain = (...lastLines: readonly string[]) => explainDocker('docker push producer', { lastLines }, '/log');

test('a push that ECR denies lists the required rights', () => {
  const { what, where, fix } = explain(
    'The push refers to repository [x]',
    'denied: User is not authorized to perform: ecr:InitiateLayerUpload',
  );
  assert.match(what, /^The registry denied access: denied/);
  assert.equal(where, 'docker push producer (full output: /log)');
  assert.match(fix, /ecr:PutImage/);
});

test('a full disk, an expired login and a machine without ARM64 each have their own fix', () => {
  const fixes = [
    'write /layer.tar: no space left on device',
    'denied: Your authorization token has expired. Reauthenticate and try again.',
    'exec /bin/sh: exec format error',
    'Cannot connect to the Docker daemon at unix:///var/run/docker.sock.',
  ].map((line) => explain(line).fix);
  assert.equal(new Set(fixes).size, fixes.length);
});

test('an unknown failure keeps the last line of docker', () => {
  assert.equal(explain('something odd', '').what, 'something odd');
});
