import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { connectTo, settingsFor, watchErrors } from '../aws/account.ts';
import { InterruptedError, pause, runCommand, throwIfInterrupted, UsageError, type Work } from '../cli/command.ts';
import { toLogLine, toMilliseconds, type LogEvent } from '../aws/log-lines.ts';
import { openEnvironment } from '../cli/questions.ts';
import { findLogs, findServices, serviceNames } from '../aws/service.ts';

// `npm run logs -- ENV producer|consumer [--follow]`: shows the log lines of a service's tasks, the
// oldest first.

const usage = `npm run logs -- ENV producer|consumer [--since 10m] [--follow] [--metrics]
  --since    age of the oldest line: 30s, 10m, 2h, 1d
  --follow   shows new lines until Ctrl-C
  --metrics  also shows the lines that carry metrics`;

/**
 * CloudWatch has a line some seconds after it was written. Each poll looks back this many
 * milliseconds to find late lines.
 */
const lateMs = 30_000;

type Wanted = { readonly group: string; readonly sinceMs: number; readonly isShown: (event: LogEvent) => boolean };

/** Creates a function that writes the lines since its last call. */
const createReader = (logs: CloudWatchLogsClient, { group, sinceMs, isShown }: Wanted, work: Work) => {
  let shown = new Map<string, number>();
  let fromMs = sinceMs;
  return async () => {
    const askedFromMs = fromMs;
    const pages = paginateFilterLogEvents({ client: logs }, { logGroupName: group, startTime: askedFromMs });
    for await (const { events = [] } of pages) {
      throwIfInterrupted(work.signal);
      for (const { eventId = '', timestamp = 0, logStreamName = '', message = '' } of events) {
        if (shown.has(eventId)) continue;
        shown.set(eventId, timestamp);
        fromMs = Math.max(fromMs, timestamp - lateMs);
        const event = { timestamp, stream: logStreamName, message };
        if (isShown(event)) process.stdout.write(`${toLogLine(event)}\n`);
      }
    }
    shown = new Map([...shown].filter(([, timestamp]) => timestamp >= fromMs));
  };
};

await runCommand(async (work) => {
  const target = await openEnvironment(usage, process.argv.slice(2), work, {
    since: { type: 'string', default: '10m' },
    follow: { type: 'boolean', default: false },
    metrics: { type: 'boolean', default: false },
  });
  const [service = '', ...more] = target.words;
  const sinceMs = toMilliseconds(String(target.flags['since']));
  const isService = serviceNames.some((name) => name === service);
  if (!isService || more.length > 0 || sinceMs === undefined) throw new UsageError(usage);

  const { name, region } = target.environment;
  const account = connectTo(region);
  const [found] = await findServices(account, name, [service]);
  const { group } = await findLogs(account, found?.taskDefinition ?? '');
  const logs = watchErrors(new CloudWatchLogsClient(settingsFor(region)), region);
  const isShown = ({ message }: LogEvent) => target.flags['metrics'] === true || !message.includes('"_aws"');
  const read = createReader(logs, { group, sinceMs: Date.now() - sinceMs, isShown }, work);
  try {
    await read();
    while (target.flags['follow'] === true) {
      await pause(work);
      await read();
    }
  } catch (error) {
    // Ctrl-C is the usual way to end this command.
    if (!(error instanceof InterruptedError)) throw error;
  }
  return 0;
});
