import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repository } from './folder.ts';
import { runProgram, type Ended } from './run-program.ts';

/** Runs the CDK that package.json names, beside its settings in `infra`. It asks nothing. */
export const runCdk = (
  args: readonly string[],
  options: { readonly logFile: string; readonly signal: AbortSignal },
): Promise<Ended> => {
  const cdk = fileURLToPath(import.meta.resolve('aws-cdk/bin/cdk'));
  return runProgram(process.execPath, [cdk, ...args], {
    ...options,
    cwd: join(repository, 'infra'),
    variables: { CDK_DISABLE_CLI_TELEMETRY: 'true', NO_COLOR: '1' },
  });
};

/** What CDK says of its failure, without what it said before. */
export const sayCdkFailure = ({ lastLines }: Pick<Ended, 'lastLines'>): string => {
  const lines = lastLines.filter((line) => line.trim() !== '');
  // It marks the stack that failed; the reason is there or below.
  const marked = lines.findLastIndex((line) => line.includes('❌'));
  const said = (marked === -1 ? lines.slice(-1) : lines.slice(marked)).map((line) =>
    line.replace(/^.*❌\s*/, '').trim(),
  );
  return said.length === 0 ? 'cdk said nothing' : said.join(' ');
};
