import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { prettyFactory } from 'pino-pretty';
import { ServerMissingError } from './find-servers.ts';
import { dataFolder, repository } from './folder.ts';
import { AlreadyRunningError } from './leftovers.ts';
import { SettingError } from './setting-error.ts';
import { createSluice } from './sluice.ts';
import { PartError } from './supervise.ts';

const folder = dataFolder();
const logFolder = join(folder, 'logs');
const logs = new Map<string, WriteStream>();
const pretty = prettyFactory({
  colorize: process.stdout.isTTY && !process.env['NO_COLOR'],
  ignore: 'service',
  translateTime: 'SYS:HH:MM:ss',
  singleLine: true,
});
const nameWidth = 12;

const say = (text: string) => process.stdout.write(`${text}\n`);
const show = (part: string, text: string) => {
  for (const line of text.trimEnd().split('\n')) say(`${part.padEnd(nameWidth)} ${line}`);
};
const writeLog = (part: string, line: string) => {
  mkdirSync(logFolder, { recursive: true });
  const log = logs.get(part) ?? createWriteStream(join(logFolder, `${part}.log`));
  logs.set(part, log);
  log.write(`${line}\n`);
};

/** A line of a service's log as a person reads it. Of a failure that is tried again the message says enough; a death shows its stack. */
const readable = (line: string): string => {
  let record: unknown;
  try {
    record = JSON.parse(line);
  } catch {
    return line;
  }
  if (typeof record !== 'object' || record === null) return line;
  const { err, ...rest }: { err?: unknown; level?: unknown } = record;
  const isRetried = rest.level === 'warn' && typeof err === 'object' && err !== null && 'message' in err;
  return pretty(isRetried ? { ...rest, reason: err.message } : record) ?? line;
};

const sluice = createSluice({
  repository,
  folder,
  environment: process.env,
  isDevelopment: process.argv.includes('--dev'),
  say,
  watcher: {
    // The servers say much that only matters when something is wrong with them.
    onLine: (part, line) => (part === 'redis' || part === 'mysql' ? writeLog(part, line) : show(part, readable(line))),
    onDeath: (part, how, lastLines, { count, retryInMs }) => {
      const inARow = count === 1 ? '' : `, ${count} times in a row`;
      const seconds = (retryInMs / 1000).toFixed(1);
      show(part, `died (${how})${inARow}; it is started again in ${seconds} s.`);
      if (lastLines.length > 0) show(part, ['Its last lines:', ...lastLines.map((line) => `  ${line}`)].join('\n'));
    },
    onRecovery: (part) => show(part, 'is ready again'),
  },
});

let isStopping = false;
const stop = async (exitCode: number) => {
  if (isStopping) return;
  isStopping = true;
  await sluice.stop();
  process.exit(exitCode);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!isStopping) say('\nStopping …');
    void stop(0);
  });
}

const welcome = ({ producers: ports, console: consolePort, access }: Awaited<ReturnType<typeof sluice.start>>) =>
  [
    '',
    ...ports.map((port) => `Sluice takes counts at http://localhost:${port}`),
    `Watch them flow at     http://localhost:${consolePort}`,
    '',
    'Try it:',
    `  curl -X POST -H "Content-Type: application/json" -d "{\\"count\\": $(date +%s)}" localhost:${ports[0]}/count`,
    `  curl localhost:${ports[0]}/count`,
    '',
    access.isLoopback
      ? 'Only this machine reaches it; HTTP_ADDRESS=:: npm start opens it to others.'
      : `It listens on ${access.address}, for requests to ${access.hosts.join(', ')} (HTTP_ALLOWED_HOSTS).`,
    `Its data is in ${folder} and is kept; npm run reset removes it. Ctrl-C stops all.`,
    '',
  ].join('\n');

const expected = [PartError, SettingError, ServerMissingError, AlreadyRunningError];

try {
  say(welcome(await sluice.start()));
} catch (error) {
  if (!isStopping) {
    const isExpected = expected.some((kind) => error instanceof kind);
    process.stderr.write(`\n${isExpected && error instanceof Error ? error.message : inspect(error)}\n`);
    await stop(1);
  }
}
