import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { StackTemplate } from '@sluice/infra/policy/template.ts';
import * as z from 'zod';
import { installRequirements, pythonEnvironment } from '@sluice/test-servers/install-requirements.ts';

/** One finding of a linter. */
export type Lint = {
  /** The linter's name of the rule: `E3510`, `CKV_AWS_17`, `UNKNOWN_ACTION`, `DL3003`. */
  readonly rule: string;
  /** The environment, or the file that is no template. */
  readonly source: string;
  /** The resource by its path within the environment: `app/Frontend/Bucket`. */
  readonly path: string;
  /** The type of the resource. Empty if the finding is not about one. */
  readonly type: string;
  readonly what: string;
};

const runsWithinMs = 500_000;

/**
 * Runs cfn-lint, checkov and parliament on the templates of regions, and hadolint on Dockerfiles.
 * Throws when a linter does not run.
 */
export const lint = async (
  regions: Readonly<Record<string, readonly StackTemplate[]>>,
  dockerfiles: readonly string[],
): Promise<Lint[]> => {
  const programs = installRequirements(join(import.meta.dirname, 'linters.txt'));
  const folder = mkdtempSync(join(tmpdir(), 'sluice-lint-'));
  const groups = Object.entries(regions).map(([region, templates]) => ({
    region,
    files: templates.map((template, index) => ({ name: `${region}-${index}.template.json`, template })),
  }));
  const files = new Map(groups.flatMap((group) => group.files.map(({ name, template }) => [name, template])));
  const names = [...files.keys()];
  const run = (program: string, ...words: readonly string[]) => runProgram(join(programs, program), words, folder);
  const findingOn = (file: string, id: string, rule: string, what: string): Lint => {
    const { stack = '', Resources = {} } = files.get(basename(file)) ?? {};
    const [source = ''] = stack.split('/');
    const { data } = resource.safeParse(Resources[id]);
    const path =
      data?.Metadata?.['aws:cdk:path'].replace(/(\/Resource)+$/, '') ?? [stack, id].filter(Boolean).join('/');
    return { rule, source, path: path.slice(source.length + 1), type: data?.Type ?? '', what };
  };
  const lintCloudFormation = async (group: (typeof groups)[number]): Promise<Lint[]> => {
    const words = ['--format', 'json', '--regions', group.region, '--', ...group.files.map(({ name }) => name)];
    return cloudFormationFindings
      .parse(await run('cfn-lint', ...words))
      .map(({ Rule, Filename, Message, Location: { Path } }) =>
        findingOn(Filename, Path[0] === 'Resources' ? String(Path[1]) : '', Rule.Id, Message),
      );
  };
  const lintWithCheckov = async (): Promise<Lint[]> => {
    const words = ['--framework', 'cloudformation', '--skip-download', '--quiet', '--compact', '--output', 'json'];
    const { results } = checkovFindings.parse(await run('checkov', ...words, '--file', ...names));
    return results.failed_checks.map((finding) =>
      findingOn(finding.file_abs_path, finding.resource.split('.')[1] ?? '', finding.check_id, finding.check_name),
    );
  };
  const lintPolicies = async (): Promise<Lint[]> =>
    parliamentFindings
      .parse(await run('python', join(import.meta.dirname, 'lint-policies.py'), ...names))
      .map(({ file, id, issue, detail }) => findingOn(file, id, issue, detail));
  const lintDockerfiles = async (): Promise<Lint[]> =>
    hadolintFindings
      .parse(await run('hadolint', '--format', 'json', ...dockerfiles))
      .map(({ code, file, line, message }) => ({
        rule: code,
        what: message,
        source: file,
        path: `line ${line}`,
        type: '',
      }));
  try {
    for (const [name, { stack: _stack, ...template }] of files)
      writeFileSync(join(folder, name), JSON.stringify(template));
    const found = await Promise.all([
      ...groups.map(lintCloudFormation),
      lintWithCheckov(),
      lintPolicies(),
      lintDockerfiles(),
    ]);
    return found.flat();
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const resource = z.looseObject({
  Type: z.string(),
  Metadata: z.looseObject({ 'aws:cdk:path': z.string() }).optional(),
});
const cloudFormationFindings = z.array(
  z.object({
    Rule: z.object({ Id: z.string() }),
    Filename: z.string(),
    Message: z.string(),
    Location: z.object({ Path: z.array(z.union([z.string(), z.number()])) }),
  }),
);
const checkovFindings = z.object({
  results: z.object({
    failed_checks: z.array(
      z.object({ check_id: z.string(), check_name: z.string(), resource: z.string(), file_abs_path: z.string() }),
    ),
  }),
  summary: z.object({ parsing_errors: z.literal(0) }),
});
const parliamentFindings = z.array(
  z.object({ file: z.string(), id: z.string(), issue: z.string(), detail: z.string() }),
);
const hadolintFindings = z.array(
  z.object({ code: z.string(), file: z.string(), line: z.number(), message: z.string() }),
);

/** Runs a linter, and parses its output. A linter with findings also exits with another code than 0. */
const runProgram = async (program: string, words: readonly string[], cwd: string): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const options = { cwd, env: pythonEnvironment, timeout: runsWithinMs, maxBuffer: 2 ** 26 };
    execFile(program, words, options, (error, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout));
      } catch {
        reject(new Error(`${program} failed: ${stderr.slice(-2_000)}`, { cause: error }));
      }
    });
  });
