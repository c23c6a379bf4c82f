import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { repository } from '../folder.ts';
import { runProgram, type Ended } from '../cli/run-program.ts';

/** Runs the CDK version of package.json in `infra`, where its settings are. It never prompts. */
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

/** Returns CDK's message about its failure, without earlier output. */
export const formatCdkFailure = ({ lastLines }: Pick<Ended, 'lastLines'>): string => {
  const lines = lastLines.filter((line) => line.trim() !== '');
  // CDK marks the failed stack. The reason is in that line or below it.
  const marked = lines.findLastIndex((line) => line.includes('❌'));
  const said = (marked === -1 ? lines.slice(-1) : lines.slice(marked)).map((line) =>
    line.replace(/^.*❌\s*/, '').trim(),
  );
  return said.length === 0 ? 'cdk printed nothing' : said.join(' ');
};
