import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { templateSchema } from '@sluice/infra/policy/template.ts';
import { repository } from '@sluice/local/folder.ts';
import * as z from 'zod';
import { accepted } from './linters/accepted.ts';
import { lint, type Lint } from './linters/lint.ts';
import { plantedDockerfile, plantedFaults, plantedTemplate } from './linters/planted.ts';

// The findings of cfn-lint, checkov, parliament and hadolint in the templates of all environments, in
// every region, and in the Dockerfile.

const byRegion = z.record(z.string(), z.array(templateSchema.extend({ stack: z.string() })));

const synthesize = () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-templates-'));
  const file = join(folder, 'templates.json');
  try {
    execFileSync(process.execPath, [join(repository, 'infra/commands/write-templates.ts'), '--output', file], {
      stdio: 'ignore',
    });
    return byRegion.parse(JSON.parse(readFileSync(file, 'utf8')));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const planted = plantedDockerfile();
const { 'us-east-1': templates = [], ...others } = synthesize();
const found = await lint({ ...others, 'us-east-1': [...templates, plantedTemplate] }, [
  join(repository, 'Dockerfile'),
  planted.file,
]);
planted.remove();

const isPlanted = ({ source }: Lint) => source === 'planted' || source === planted.file;
const own = found.filter((finding) => !isPlanted(finding));
const isOf = (finding: Lint, { rule, on }: (typeof accepted)[number]) =>
  rule === finding.rule && (on === finding.type || on === finding.path);

test('the linters have no finding that is not accepted', () => {
  const findings = own.filter((finding) => !accepted.some((each) => isOf(finding, each)));
  assert.deepEqual(
    findings.map(({ rule, source, path, type, what }) => `${rule} ${source} ${path} (${type}): ${what}`),
    [],
    'Fix it, or accept it in tests/deploy/linters/accepted.ts',
  );
});

test('each accepted finding still occurs', () => {
  const stale = accepted.filter((each) => !own.some((finding) => isOf(finding, each)));
  assert.deepEqual(stale, [], 'Remove it from tests/deploy/linters/accepted.ts');
});

for (const { rule, path } of plantedFaults) {
  test(`the linters find ${rule} at ${path}`, () => {
    const rules = found.filter((finding) => isPlanted(finding) && finding.path === path).map((finding) => finding.rule);
    assert.ok(rules.includes(rule), `found: ${rules.join(' ')}`);
  });
}
