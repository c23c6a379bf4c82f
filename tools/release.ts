import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

// `npm run release -- TAG [--check]`: makes the GitHub release of a tag, with the section of
// CHANGELOG.md as its notes. With `--check` it prints the notes and makes nothing. The workflow
// release.yml runs both.

const fail = (message: string): never => {
  process.stderr.write(`${message}\n`);
  process.exit(1);
};
const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [tag = ''] = positionals;
if (!/^v\d+\.\d+\.\d+$/.test(tag)) fail('Name the tag: npm run release -- v1.2.3 [--check]');

const [, version = ''] = /"version": "([^"]+)"/.exec(read('package.json')) ?? [];
if (tag !== `v${version}`)
  fail(`The tag is ${tag}, but package.json has version ${version}. Tag the commit that sets the version.`);

const sections = read('CHANGELOG.md').split(/^(?=## )/m);
const section =
  sections.find((text) => text.startsWith(`## ${version} — `)) ??
  fail(`CHANGELOG.md has no section "## ${version} — DATE". Give "## Unreleased" this title.`);
const notes = section.slice(section.indexOf('\n')).trim();
if (notes === '') fail(`The section of ${version} in CHANGELOG.md is empty.`);

if (values.check) process.stdout.write(`${notes}\n`);
else {
  const { status, error } = spawnSync(
    'gh',
    ['release', 'create', tag, '--verify-tag', '--title', `Sluice ${version}`, '--notes-file', '-'],
    { input: notes, stdio: ['pipe', 'inherit', 'inherit'] },
  );
  if (error !== undefined) fail(`gh, GitHub's command line, could not run: ${error.message}`);
  process.exitCode = status ?? 1;
}
