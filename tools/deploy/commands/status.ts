import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { CostExplorerClient, GetCostAndUsageCommand } from '@aws-sdk/client-cost-explorer';
import { describeAccess } from '@sluice/infra/schema/api-access.ts';
import type { Environment } from '@sluice/infra/schema/environment.ts';
import { connectTo, edgeRegion, settingsFor, watchErrors, type Account } from '../aws/account.ts';
import { findTokensSecret, readToken } from '../aws/api-token.ts';
import { runCommand, UsageError } from '../cli/command.ts';
import { explain, issuesOf } from '../cli/explain.ts';
import { fetchGauges, rowsOfQueue } from '../aws/queue-gauges.ts';
import { openEnvironment } from '../cli/questions.ts';
import { findLogs, findServices } from '../aws/service.ts';
import { formatTable, type Row } from '../cli/status-table.ts';
import { findAddress, findParts } from '../release/verify.ts';

// `npm run status -- ENV`: shows an environment in one table. Exit code 1: something is not well,
// or could not be checked.

const usage = 'npm run status -- ENV [--profile P]';
const answersWithinMs = 10_000;

/**
 * Returns the rows of a check. A failed check gets a row of its own, and does not hide the others.
 */
const look = async (what: string, ask: () => Promise<readonly Row[]>): Promise<readonly Row[]> => {
  try {
    return await ask();
  } catch (error) {
    const [issue = explain(error)] = issuesOf(error);
    return [{ what, is: 'unknown', note: `${issue.what}; ${issue.fix}`, isWell: false }];
  }
};

const fetchServices = async (account: Account, { name }: Environment): Promise<Row[]> => {
  const services = await findServices(account, name);
  return Promise.all(
    services.map(async ({ serviceName = '', runningCount = 0, desiredCount = 0, deployments = [], taskDefinition }) => {
      const { images } = await findLogs(account, taskDefinition ?? '');
      const versions = [...new Set(images.map((image) => image.split(':').at(-1)))].join(', ');
      const [latest] = deployments;
      const state = deployments.length > 1 ? `, a release is in progress (${latest?.rolloutState ?? 'started'})` : '';
      return {
        what: serviceName,
        is: `${runningCount} of ${desiredCount} tasks`,
        note: `${versions}${state}`,
        isWell: runningCount >= desiredCount && desiredCount > 0,
      };
    }),
  );
};

const describeApi = ({ api }: Environment): Row => {
  const [is = '', note = ''] = describeAccess(api).split(': ');
  return { what: 'api', is, note, isWell: true };
};

/** Reads a token only if reads need one. */
const authorizationOf = async (account: Account, environment: Environment): Promise<Record<string, string>> => {
  const { api } = environment;
  if (api.access === 'open' || api.tokensFor === 'writes') return {};
  return {
    authorization: `Bearer ${await readToken(account, await findTokensSecret(account, environment, api))}`,
  };
};

const fetchRows = async (account: Account, environment: Environment, address: string): Promise<Row[]> => {
  const headers = await authorizationOf(account, environment);
  const answer = await fetch(`${address}/api/count`, { headers, signal: AbortSignal.timeout(answersWithinMs) });
  const total: unknown = answer.ok ? await answer.json() : undefined;
  const isTotal = typeof total === 'object' && total !== null && 'rows_count' in total;
  if (!isTotal) throw new Error(`GET ${address}/api/count returned ${answer.status}`);
  return [{ what: 'counts', is: Number(total.rows_count).toLocaleString('en'), note: 'recorded', isWell: true }];
};

const fetchAlarms = async ({ region }: Account, { name, hasAlarms }: Environment): Promise<Row[]> => {
  if (!hasAlarms) return [{ what: 'alarms', is: 'none', note: 'hasAlarms is false', isWell: true }];
  const client = watchErrors(new CloudWatchClient(settingsFor(region)), region);
  const alarms = [];
  for await (const page of paginateDescribeAlarms({ client }, { AlarmNamePrefix: `sluice-${name}-` }))
    alarms.push(...(page.MetricAlarms ?? []));
  const ringing = alarms.filter(({ StateValue }) => StateValue === 'ALARM');
  return [
    {
      what: 'alarms',
      is: `${ringing.length} of ${alarms.length}`,
      note: ringing.length === 0 ? 'none is raised' : ringing.map(({ AlarmName }) => AlarmName).join(', '),
      isWell: ringing.length === 0 && alarms.length > 0,
    },
  ];
};

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

/**
 * Fetches the cost of the month so far. Cost Explorer is in only one region, a day behind, and
 * charges one cent for each request.
 */
const fetchCost = async ({ name }: Environment, now: Date): Promise<Row[]> => {
  const client = watchErrors(new CostExplorerClient(settingsFor(edgeRegion)), edgeRegion);
  const first = `${dayOf(now).slice(0, 8)}01`;
  const answer = await client.send(
    new GetCostAndUsageCommand({
      // The end date is exclusive.
      TimePeriod: { Start: first, End: dayOf(new Date(now.getTime() + 86_400_000)) },
      Granularity: 'MONTHLY',
      Metrics: ['UnblendedCost'],
      Filter: { Tags: { Key: 'environment', Values: [name] } },
    }),
  );
  const amounts = (answer.ResultsByTime ?? []).map(({ Total }) => Number(Total?.['UnblendedCost']?.Amount ?? 0));
  const sum = amounts.reduce((all, amount) => all + amount, 0);
  const note =
    sum > 0
      ? `since ${first}, only tagged resources; a day behind`
      : 'nothing yet, or the tag `environment` is not activated as a cost allocation tag (docs/guides/aws.md#what-a-month-costs)';
  return [{ what: 'cost', is: `${sum.toFixed(2)} USD`, note, isWell: true }];
};

await runCommand(async (work) => {
  const { progress } = work;
  const { environment, words } = await openEnvironment(usage, process.argv.slice(2), work);
  if (words.length > 0) throw new UsageError(usage);
  const { name, region } = environment;
  const account = connectTo(region);
  progress.status(`Checking ${name} …`);
  const parts = await findParts(account, name);
  const address = await findAddress(account, environment, parts);
  const rows = await Promise.all([
    look('services', () => fetchServices(account, environment)),
    look('queue', async () => rowsOfQueue(await fetchGauges(account, environment, new Date()))),
    look('counts', () => fetchRows(account, environment, address)),
    look('alarms', () => fetchAlarms(account, environment)),
    look('cost', () => fetchCost(environment, new Date())),
  ]);
  progress.clear();
  const all = [describeApi(environment), ...rows.flat()];
  process.stdout.write(`${name}  ${region}  ${address}\n\n${formatTable(all)}\n`);
  return all.every(({ isWell }) => isWell) ? 0 : 1;
});
