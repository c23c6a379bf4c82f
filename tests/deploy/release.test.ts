import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { repository } from '@sluice/local/folder.ts';

/** Runs the check of a release in a copy of its files, with another changelog if one is given. */
const check = (t: TestContext, tag: string, changelog?: string) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-release-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const file of ['package.json', 'CHANGELOG.md', 'tools/release.ts'])
    cpSync(join(repository, file), join(folder, file));
  if (changelog !== undefined) writeFileSync(join(folder, 'CHANGELOG.md'), changelog);
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'tools/release.ts'), tag, '--check'], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
};
const [, version = ''] = /"version": "([^"]+)"/.exec(readFileSync(join(repository, 'package.json'), 'utf8')) ?? [];

test('the notes of a release are the section of its version, and no other', (t) => {
  const changelog = `# Changelog\n\n## Unreleased\n\n- new\n\n## ${version} — 2026-11-26\n\n- this\n\n## 0.0.1 — 2026-01-01\n\n- old\n`;
  assert.deepEqual(check(t, `v${version}`, changelog), { status: 0, stdout: '- this\n', stderr: '' });
});

test('refuses a tag that is not the version, and a version without notes, each with the fix', (t) => {
  for (const [tag, changelog, message] of [
    ['v999.0.0', undefined, /package\.json has version .* Tag the commit that sets the version/],
    ['main', undefined, /npm run release -- v1\.2\.3/],
    [`v${version}`, '# Changelog\n\n## Unreleased\n\n- new\n', /Give "## Unreleased" this title/],
    [`v${version}`, `# Changelog\n\n## ${version} — 2026-11-26\n`, /is empty/],
  ] as const) {
    const { status, stdout, stderr } = check(t, tag, changelog);
    assert.deepEqual({ status, stdout }, { status: 1, stdout: '' });
    assert.match(stderr, message);
  }
});
