import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { converse } from '../converse.ts';
import { findProgram, isExecutable, versionOf } from './find-program.ts';
import { bindMount, userArgs } from './redis.ts';
import { PartError, type Part } from '../processes/supervise.ts';
import { SettingError } from '../setting-error.ts';

/** The way to run a MySQL or MariaDB: a program of this machine, or an image. */
export type MysqlRunner = { readonly program: string } | { readonly image: string; readonly docker: string };

type MysqlSettings = {
  readonly runner: MysqlRunner;
  /** The folder of its data and its configuration. */
  readonly folder: string;
  readonly port: number;
  /** The user with all rights on `database`, created at each start. `root` has all rights. */
  readonly user: string;
  readonly password: string;
  readonly database: string;
};

const run = promisify(execFile);

/**
 * Returns a private MySQL or MariaDB on loopback. The first call for a folder creates its system
 * tables.
 */
export const mysqlPart = async (settings: MysqlSettings): Promise<Part> => {
  const { runner, folder, port } = settings;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const launch =
    'program' in runner ? await programLaunch(runner.program, settings) : containerLaunch(runner, settings);
  return { name: 'mysql', ...launch, checkReady: () => checkMysql(port) };
};

const programLaunch = async (program: string, settings: MysqlSettings) => {
  const { folder, port } = settings;
  const version = versionOf(program) ?? program;
  const isMariaDb = version.startsWith('MariaDB');
  const dataFolder = join(folder, 'data');
  requireOwnData(dataFolder, isMariaDb, version);
  // A separate folder: MariaDB removes all temporary tables there when it starts, including those
  // of its neighbors.
  const temporaryFolder = join(folder, 'tmp');
  const emptyFolder = join(folder, 'files');
  for (const own of [temporaryFolder, emptyFolder]) mkdirSync(own, { recursive: true, mode: 0o700 });
  if (!existsSync(dataFolder)) await makeSystemTables(program, isMariaDb, folder);
  // Run at each start, with all rights. Not on the command line, which every user of the machine
  // can read.
  const initFile = join(folder, 'init.sql');
  writeFileSync(initFile, `${initStatements(settings, isMariaDb).join(';\n')};\n`, { mode: 0o600 });
  return {
    command: program,
    args: [
      '--no-defaults',
      `--datadir=${dataFolder}`,
      `--tmpdir=${temporaryFolder}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      // Identifies users by address only.
      '--skip-name-resolve',
      // No socket: all clients connect by TCP, and the path of a socket has at most 107 bytes
      // (unix(7)).
      '--socket=',
      // In its data folder.
      '--pid-file=mysql.pid',
      `--init-file=${initFile}`,
      '--character-set-server=utf8mb4',
      // Statements read and write no files of the machine. MariaDB does not support NULL, so it
      // gets an empty folder.
      ...fileArgs(isMariaDb ? emptyFolder : 'NULL'),
      ...(isMariaDb ? [] : ofMysql),
      ...rootArgs(),
    ],
  };
};

const ofMysql = [
  '--mysqlx=OFF',
  '--disable-log-bin',
  // It warns about the file of its process id below /tmp. That file is in a folder that only its
  // owner can enter.
  '--loose-log-error-suppression-list=MY-011810',
];

/**
 * Confines INTO OUTFILE, LOAD_FILE and LOAD DATA to a folder, or forbids them (`NULL`). Clients
 * send no files of theirs either.
 */
const fileArgs = (folder: string): string[] => [`--secure-file-priv=${folder}`, '--local-infile=OFF'];

const initStatements = ({ user, password, database }: MysqlSettings, isMariaDb: boolean): string[] => [
  // The administrator of MariaDB logs in through the socket only. MySQL's was created without a
  // password.
  ...(isMariaDb ? [] : [`ALTER USER root@localhost IDENTIFIED BY '${password}'`]),
  ...userStatements('root', password, (name) => `ON *.* TO ${name} WITH GRANT OPTION`),
  ...userStatements(user, password, (name) => `ON \`${database}\`.* TO ${name}`),
];

const userStatements = (name: string, password: string, rightsOf: (account: string) => string): string[] => {
  const account = `'${name}'@'127.0.0.1'`;
  return [
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '${password}'`,
    `ALTER USER ${account} IDENTIFIED BY '${password}'`,
    `GRANT ALL ${rightsOf(account)}`,
  ];
};

/** Throws if the other product made the data, which neither can read. */
const requireOwnData = (dataFolder: string, isMariaDb: boolean, version: string): void => {
  const maker = existsSync(join(dataFolder, 'mysql.ibd'))
    ? 'MySQL'
    : existsSync(join(dataFolder, 'aria_log_control'))
      ? 'MariaDB'
      : undefined;
  if (maker === undefined || (maker === 'MariaDB') === isMariaDb) return;
  throw new SettingError(
    `${maker} made the data in ${dataFolder}, and ${version} cannot read it. Set MYSQL_PROGRAM to a ${maker}, or choose ` +
      'another folder: SLUICE_DIR=… npm start',
  );
};

const makeSystemTables = async (program: string, isMariaDb: boolean, folder: string): Promise<void> => {
  // Created under another name and then moved, so that an existing folder is complete.
  const draft = join(folder, 'data.new');
  rmSync(draft, { recursive: true, force: true });
  try {
    if (isMariaDb) {
      // Next to a server that was named, or of this machine.
      const next = ['mariadb-install-db', '../bin/mariadb-install-db'].map((path) => join(dirname(program), path));
      const install = next.find(isExecutable) ?? findProgram('mariadb-install-db', 'mysql_install_db');
      if (install === undefined) throw new Error('mariadb-install-db is not installed');
      // A shell script. It gets names without the path, which may contain any character. The server
      // resolves the temporary folder relative to its data folder.
      const names = ['--datadir=./data.new', '--tmpdir=../tmp'];
      const options = ['--auth-root-authentication-method=socket', '--skip-test-db', ...rootArgs()];
      await run(install, ['--no-defaults', ...names, ...options], { cwd: folder });
    } else {
      const options = [`--datadir=${draft}`, `--tmpdir=${join(folder, 'tmp')}`, ...fileArgs('NULL'), ...rootArgs()];
      await run(program, ['--no-defaults', '--initialize-insecure', ...options]);
    }
  } catch (error) {
    throw new PartError(`mysql could not create its system tables in ${folder}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
  renameSync(draft, join(folder, 'data'));
};

/** Returns the output of a failed program. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);

/** Returns the arguments to run as root, which the servers otherwise refuse. */
const rootArgs = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : []);

const containerLaunch = (
  { docker, image }: { docker: string; image: string },
  { folder, port, user, password, database }: MysqlSettings,
) => {
  const environmentFile = join(folder, 'container.env');
  const dataFolder = join(folder, 'data');
  mkdirSync(dataFolder, { recursive: true });
  const environment = [
    `MYSQL_ROOT_PASSWORD=${password}`,
    `MYSQL_USER=${user}`,
    `MYSQL_PASSWORD=${password}`,
    `MYSQL_DATABASE=${database}`,
  ].join('\n');
  writeFileSync(environmentFile, `${environment}\n`, { mode: 0o600 });
  return {
    command: docker,
    args: [
      ...['run', '--rm', '--publish', `127.0.0.1:${port}:3306`],
      ...['--mount', bindMount(dataFolder, '/var/lib/mysql')],
      ...['--env-file', environmentFile],
      ...userArgs(),
      ...[image, ...fileArgs('NULL')],
    ],
  };
};

/**
 * Throws until MySQL greets. Its first packet is protocol version 10 (MySQL manual,
 * "Protocol::HandshakeV10").
 */
const checkMysql = async (port: number): Promise<void> => {
  const greeting = await converse(port, '');
  if (greeting[4] !== 10) throw new Error('MySQL does not accept connections yet');
};
