import { spawnSync } from 'node:child_process';

// The `docker` of the tests: passes commands to the real one (the first word), but builds images
// from nothing, and copies them within the registry itself: Debian has no buildx. A build gets a Dockerfile without a base and uses the engine's own builder, the
// only one in Debian. With `--push` the engine then pushes the image.

/** Copies an image by its digest: from `HOST/NAME@DIGEST` to `HOST/NAME:TAG` of the same registry. */
const copy = async (origin: string, target: string): Promise<void> => {
  const [, host = '', from = '', digest = ''] = /^([^/]+)\/(.+)@(sha256:.+)$/.exec(origin) ?? [];
  const [, to = '', tag = ''] = /^[^/]+\/(.+):([^:]+)$/.exec(target) ?? [];
  const call = async (method: string, path: string, init: RequestInit = {}): Promise<Response> => {
    const answer = await fetch(`http://${host}/v2/${path}`, { method, ...init });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const headers = { accept: 'application/vnd.docker.distribution.manifest.v2+json' };
  const manifest = await call('GET', `${from}/manifests/${digest}`, { headers });
  const type = manifest.headers.get('content-type') ?? '';
  const body = await manifest.text();
  for (const blob of new Set(body.match(/sha256:[0-9a-f]{64}/g)))
    await call('POST', `${to}/blobs/uploads/?mount=${blob}&from=${from}`);
  await call('PUT', `${to}/manifests/${tag}`, { headers: { 'content-type': type }, body });
};

const [docker = '', ...words] = process.argv.slice(2);
const run = (args: readonly string[], input?: string): void => {
  const { status } = spawnSync(docker, args, {
    stdio: [input === undefined ? 'inherit' : 'pipe', 'inherit', 'inherit'],
    ...(input === undefined ? {} : { input }),
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
  });
  if (status !== 0) process.exit(status ?? 1);
};

const isBuildx = words[0] === 'buildx';
const isBuild = words[isBuildx ? 1 : 0] === 'build';

if (isBuild) {
  const valueOf = (...flags: readonly string[]) =>
    words.flatMap((word, index) => {
      const next = words[index + 1];
      if (flags.includes(word) && next !== undefined) return [next];
      return flags.flatMap((flag) => (word.startsWith(`${flag}=`) ? [word.slice(flag.length + 1)] : []));
    });
  const tags = valueOf('--tag', '-t');
  const platforms = valueOf('--platform');
  const labels = valueOf('--label');
  run(
    [
      'build',
      ...tags.flatMap((tag) => ['--tag', tag]),
      ...platforms.flatMap((platform) => ['--platform', platform]),
      ...labels.flatMap((label) => ['--label', label]),
      '-',
    ],
    `FROM scratch\nLABEL built-as=${JSON.stringify(tags.join(' '))}\n`,
  );
  if (words.includes('--push')) for (const tag of tags) run(['push', tag]);
} else if (isBuildx && words.slice(1, 3).join(' ') === 'imagetools create') {
  const [target = '', origin = ''] = [words[words.indexOf('--tag') + 1], words.at(-1)];
  await copy(origin, target);
} else if (isBuildx && words[1] === 'version') {
  process.stdout.write('github.com/docker/buildx 0.0.0 (in a test: builds from nothing)\n');
} else run(words);
