import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { isatty } from 'node:tty';
import { fileURLToPath } from 'node:url';
import { inspect, parseArgs } from 'node:util';
import { startInBackground } from './processes/background.ts';
import { explainFileError } from './explain-file-error.ts';
import { ServerMissingError } from './servers/find-servers.ts';
import { commandOn, dataFolder, logFolderOf, repository } from './folder.ts';
import { AlreadyRunningError } from './processes/leftovers.ts';
import { createReadable } from './readable.ts';
import { SettingError } from './setting-error.ts';
import { createSluice } from './sluice.ts';
import { PartError } from './processes/supervise.ts';

// `npm start [-- --dev] [-- --detach]` runs all parts and supervises them. --dev serves the console
// from its sources. --detach runs in the background.

const options = { dev: { type: 'boolean', default: false }, detach: { type: 'boolean', default: false } } as const;
const readOptions = () => {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${reason}\nnpm start takes --dev and --detach: npm start -- --detach\n`);
    return process.exit(2);
  }
};

const { dev: isDevelopment, detach: isDetached } = readOptions();
const folder = dataFolder();
const logs = new Map<string, WriteStream>();
const readable = createReadable(process.stdout.isTTY && !process.env['NO_COLOR']);
const nameWidth = 12;

const write = (text: string) => process.stdout.write(text);
const say = (text: string) => write(`${text}\n`);
const show = (part: string, text: string) => {
  for (const line of text.trimEnd().split('\n')) say(`${part.padEnd(nameWidth)} ${line}`);
};
const openLog = (part: string) => {
  const log = createWriteStream(join(logFolderOf(folder), `${part}.log`));
  logs.set(part, log);
  // A line that cannot be written is lost, for example on a full disk. The next line opens the file
  // again.
  log.on('error', () => logs.delete(part));
  return log;
};
const writeLog = (part: string, line: string) => (logs.get(part) ?? openLog(part)).write(`${line}\n`);

const sluice = createSluice({
  repository,
  folder,
  environment: process.env,
  isDevelopment,
  say,
  watcher: {
    // The servers log much that only matters when something is wrong with them.
    onLine: (part, line) => (part === 'redis' || part === 'mysql' ? writeLog(part, line) : show(part, readable(line))),
    onDeath: (part, how, lastLines, { count, retryInMs }) => {
      const inARow = count === 1 ? '' : `, ${count} times in a row`;
      const seconds = (retryInMs / 1000).toFixed(1);
      show(part, `died (${how})${inARow}; restarting in ${seconds} s.`);
      if (lastLines.length > 0)
        show(part, ['Its last lines:', ...lastLines.map((line) => `  ${readable(line)}`)].join('\n'));
    },
    onRecovery: (part) => show(part, 'is ready again'),
  },
});

const expected = [PartError, SettingError, ServerMissingError, AlreadyRunningError];

let isStopping = false;
const stop = async (exitCode: number) => {
  if (isStopping) return;
  isStopping = true;
  await sluice.stop();
  process.exit(exitCode);
};
const stopAsked = () => {
  if (!isStopping) say('\nStopping …');
  void stop(0);
};

/**
 * Explains an error to a person. The message is enough for an expected error. It may have the last
 * lines of a part.
 */
const explain = (error: unknown): string => {
  const isExpected = expected.some((kind) => error instanceof kind);
  if (isExpected && error instanceof Error) return error.message.split('\n').map(readable).join('\n');
  return explainFileError(error) ?? inspect(error);
};
const fail = async (error: unknown) => {
  if (isStopping) return;
  process.stderr.write(`\n${explain(error)}\n`);
  await stop(1);
};

/**
 * Makes sure that nothing ends this process before its parts: no signal, no closed terminal or
 * pipe, no error.
 */
const endPartsFirst = () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stopAsked);
  // Node.js forgets that nohup ignores this signal. If none of these is a terminal, the signal is
  // ignored.
  const hasTerminal = [0, 1, 2].some((descriptor) => isatty(descriptor));
  process.on('SIGHUP', () => (hasTerminal ? stopAsked() : undefined));
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // Nobody reads the output any more, so it ends as a filter does. A full file is no reason to
      // end.
      if (error.code === 'EPIPE' || error.code === 'EIO') void stop(0);
    });
  }
  process.on('uncaughtException', (error) => void fail(error));
};

const welcome = ({ producers: ports, console: consolePort, access }: Awaited<ReturnType<typeof sluice.start>>) =>
  [
    '',
    ...ports.map((port) => `Sluice takes counts at http://localhost:${port}`),
    `The console is at      http://localhost:${consolePort}`,
    '',
    'Try it:',
    `  curl -X POST -H "Content-Type: application/json" -d '{"count": 42}' localhost:${ports[0]}/count`,
    `  curl localhost:${ports[0]}/count`,
    '',
    access.isLoopback
      ? 'Only this machine can reach it. To open it to others: HTTP_ADDRESS=:: npm start'
      : `It listens on ${access.address}, for requests to ${access.hosts.join(', ')} (HTTP_ALLOWED_HOSTS).`,
    `Its data stays in ${folder}. To remove it: ${commandOn(folder, 'npm run reset')}`,
    `To stop everything: ${process.send === undefined ? 'Ctrl-C' : commandOn(folder, 'npm stop')}`,
    '',
  ].join('\n');

const run = async () => {
  endPartsFirst();
  try {
    say(welcome(await sluice.start()));
    process.send?.('up');
  } catch (error) {
    await fail(error);
  }
};

/** Starts this program again in the background. */
const detach = async () => {
  const args = isDevelopment ? ['--dev'] : [];
  try {
    process.exitCode = await startInBackground({ main: fileURLToPath(import.meta.url), args, folder, say: write });
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = 1;
  }
};

await (isDetached ? detach() : run());
