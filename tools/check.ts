import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

// `npm run check`: runs the `check:…` scripts of package.json concurrently, then prints the output
// of those that failed.

const checks = [
  'types',
  'types-of-infra',
  'types-of-the-page',
  'lint',
  'format',
  'unused',
  'unused-in-production',
  'docs',
  'tables',
];
const repository = fileURLToPath(new URL('../', import.meta.url));

const runCheck = async (check: string) => {
  const startedAt = performance.now();
  // `node --run` starts a script in 10 ms, npm in 200.
  const child = spawn(process.execPath, ['--run', `check:${check}`], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<boolean>((resolve) => child.once('close', (code) => resolve(code === 0)));
  const [isClean, ...output] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${isClean ? 'ok    ' : 'FAILED'} ${check} (${seconds} s)`);
  return { check, isClean, output: output.join('').trim() };
};

const failed = (await Promise.all(checks.map(runCheck))).filter(({ isClean }) => !isClean);
for (const { check, output } of failed) console.log(`\n${check}:\n\n${output}`);
if (failed.length > 0) process.exitCode = 1;
