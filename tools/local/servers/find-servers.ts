import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findProgram, readProgram, versionOf } from './find-program.ts';
import { SettingError } from '../setting-error.ts';
import { canInstall, installPackages } from '../install-packages.ts';
import type { MysqlRunner } from './mysql.ts';
import type { RedisRunner } from './redis.ts';

/** Redis or MySQL is missing, and there is no way to run it. */
export class ServerMissingError extends Error {
  readonly code = 'SERVER_MISSING';
}

type Server = {
  readonly name: string;
  /** The environment variable that names the program to run. */
  readonly programVariable: string;
  readonly programs: readonly string[];
  readonly products: readonly string[];
  readonly image: string;
  readonly packages: readonly string[];
  readonly brew: string;
  readonly variables: string;
};

const redis: Server = {
  name: 'Redis',
  programVariable: 'REDIS_PROGRAM',
  programs: ['redis-server', 'valkey-server'],
  products: ['Redis', 'Valkey'],
  image: 'valkey/valkey:8.1.9@sha256:f0ba225266310efba5fb33383e21c64fbd07907304224786c780606e7ebd7327',
  packages: ['redis-server'],
  brew: 'redis',
  variables: 'REDIS_HOST (and REDIS_PORT, REDIS_PASSWORD)',
};

const mysql: Server = {
  name: 'MySQL',
  programVariable: 'MYSQL_PROGRAM',
  programs: ['mariadbd', 'mysqld'],
  products: ['MySQL', 'MariaDB'],
  image: 'mysql:8.4.11@sha256:85b9bf2e29cf836ecb8c2a15a935d4ba0c606631dff1dd79531a11983c638f2a',
  // The servers without the service that the full package would start.
  packages: ['mariadb-server-core', 'mariadb-client-core'],
  brew: 'mariadb',
  variables: 'DB_HOST, DB_USER and DB_PASSWORD (and DB_PORT, DB_NAME)',
};

type Wanted = { readonly redis: boolean; readonly mysql: boolean };
type Found = { readonly redis: RedisRunner | undefined; readonly mysql: MysqlRunner | undefined };

/**
 * Finds a way to run the wanted servers, and reports it with the version. In this order: the program
 * that `REDIS_PROGRAM` or `MYSQL_PROGRAM` names, a program of this machine, an image if a Docker
 * engine runs, a program installed with apt (as root on Debian or Ubuntu). Throws a
 * {@link ServerMissingError} that names the choices.
 */
export const findServers = (wanted: Wanted, say: (line: string) => void): Found => {
  const servers = [...(wanted.redis ? [redis] : []), ...(wanted.mysql ? [mysql] : [])];
  const absent = servers.filter((server) => programOf(server) === undefined);
  const docker = absent.length > 0 ? findDocker() : undefined;
  const toInstall = absent.filter((server) => docker === undefined || !hasImage(docker, server.image, say));
  if (toInstall.length > 0) installWithApt(toInstall, say);

  const runnerOf = (server: Server) => {
    const program = programOf(server);
    if (program !== undefined) {
      say(`${server.name}: ${describe(server, program)} (${program})`);
      return { program };
    }
    if (docker === undefined) throw new ServerMissingError(choicesFor([server]));
    say(`${server.name}: the image ${server.image}`);
    return { image: server.image, docker };
  };
  return { redis: wanted.redis ? runnerOf(redis) : undefined, mysql: wanted.mysql ? runnerOf(mysql) : undefined };
};

const programOf = ({ programVariable, programs }: Server): string | undefined =>
  readProgram(programVariable) ?? findProgram(...programs);

/** Returns the version of a server's program. Throws if the program is no such server. */
const describe = ({ name, programVariable, products }: Server, program: string): string => {
  const version = versionOf(program);
  if (version !== undefined && products.includes(version.replace(/ .*/, ''))) return version;
  const what = version ?? 'no server whose version can be read';
  throw new SettingError(
    `${program} is not a ${name}: it is ${what}. Set ${programVariable} to ${products.join(' or ')}, or unset it`,
  );
};

const findDocker = (): string | undefined => {
  const docker = findProgram('docker');
  if (docker === undefined) return undefined;
  const { status } = spawnSync(docker, ['version', '--format', '{{.Server.Version}}'], { timeout: 10_000 });
  return status === 0 ? docker : undefined;
};

const hasImage = (docker: string, image: string, say: (line: string) => void): boolean => {
  if (spawnSync(docker, ['image', 'inspect', image]).status === 0) return true;
  say(`Pulling ${image} …`);
  return spawnSync(docker, ['pull', '--quiet', image], { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
};

const installWithApt = (servers: readonly Server[], say: (line: string) => void): void => {
  if (!canInstall()) throw new ServerMissingError(choicesFor(servers));
  const packages = servers.flatMap((server) => server.packages);
  say(`${listOf(servers)} not installed; installing ${packages.join(' ')} with apt-get …`);
  const failure = installPackages(packages);
  if (failure !== undefined) throw new ServerMissingError(`${failure}\n${choicesFor(servers)}`);
  // Debian starts a Redis for the whole machine. Sluice runs a private one.
  if (servers.includes(redis) && existsSync('/run/systemd/system')) {
    execFileSync('systemctl', ['disable', '--quiet', '--now', 'redis-server']);
  }
};

const listOf = (servers: readonly Server[]): string =>
  `${servers.map((server) => server.name).join(' and ')} ${servers.length === 1 ? 'is' : 'are'}`;

const choicesFor = (servers: readonly Server[]): string => {
  const install =
    process.platform === 'darwin'
      ? `brew install ${servers.map((server) => server.brew).join(' ')}`
      : existsSync('/etc/debian_version')
        ? `sudo apt-get install --no-install-recommends ${servers.flatMap((server) => server.packages).join(' ')}`
        : `install ${servers.map((server) => server.programs.join(' or ')).join(', and ')} with this system's package manager`;
  return [
    `${listOf(servers)} required but not installed. Do one of these:`,
    `  · ${install}`,
    `  · start Docker: Sluice then runs ${servers.map((server) => server.image).join(' and ')}`,
    `  · name a program: set ${servers.map(({ programVariable }) => programVariable).join(' and ')}`,
    `  · use your own servers: set ${servers.map((server) => server.variables).join('; ')}`,
  ].join('\n');
};
