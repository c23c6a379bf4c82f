import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '@sluice/local/folder.ts';
import { findFreePort } from '@sluice/local/servers/ports.ts';
import { startChildServer } from '../child-server.ts';
import { provideEnvoy } from './envoy-program.ts';
import type { Owner } from '../test-file.ts';

/** A configuration that the image has: for Compose, where clients connect directly, or for ECS, behind two proxies. */
export type EnvoyConfiguration = 'compose.yaml' | 'envoy.yaml';

/**
 * Starts Envoy as its image does, with a configuration of its image, in front of a producer that
 * listens on 127.0.0.1. Resolves when Envoy is ready and finds the producer healthy.
 */
export const startEnvoy = async (
  owner: Owner,
  producerPort: number,
  configuration: EnvoyConfiguration = 'compose.yaml',
) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-envoy-'));
  owner.after(() => rmSync(folder, { recursive: true }));
  const [port, frontendPort, adminPort] = [await findFreePort(), await findFreePort(), await findFreePort()];
  const file = join(folder, configuration);
  const ports = new Map([
    ['80', port],
    ['8081', frontendPort],
    ['9901', adminPort],
    ['5080', producerPort],
  ]);
  const text = configurationOfImage(configuration)
    .replaceAll(/(?<=address: )producer(?=,)/g, '127.0.0.1')
    .replaceAll(/(?<=port_value: )\d+/g, (number) => String(ports.get(number) ?? number));
  writeFileSync(file, text);

  const admin = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${adminPort}${path}`);
    if (!response.ok) throw new Error(`Envoy's administration answered ${path} with ${response.status}`);
    return response.text();
  };
  /** Reads a counter or a gauge; 0 when Envoy does not have it. */
  const readStatistic = async (name: string): Promise<number> => {
    const lines = (await admin(`/stats?filter=^${name.replaceAll('.', '\\.')}$`)).split('\n');
    return Number(lines[0]?.split(': ')[1] ?? 0);
  };
  const isReady = async () => {
    await admin('/ready');
    return (await readStatistic('cluster.producer.membership_healthy')) > 0;
  };
  // Without the files in shared memory that one Envoy hands to the next: several run on this machine.
  const args = ['--config-path', file, '--concurrency', '2', '--log-level', 'warn', '--disable-hot-restart'];
  const server = await startChildServer(owner, [provideEnvoy(), ...args], isReady);
  return { ...server, port, frontendPort, readStatistic };
};

/** The text of a configuration, made by the command that makes it in the Dockerfile. */
const configurationOfImage = (name: EnvoyConfiguration): string => {
  const dockerfile = readFileSync(join(repository, 'Dockerfile'), 'utf8');
  const [, command] = new RegExp(`&& (sed .*) > /proxy/${name}`).exec(dockerfile) ?? [];
  if (command === undefined) throw new Error(`The Dockerfile makes no /proxy/${name}`);
  return execFileSync('sh', ['-c', command], { cwd: repository, encoding: 'utf8' });
};
