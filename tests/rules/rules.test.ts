import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { allowances } from './allowances.ts';
import { directionViolations } from './direction-violations.ts';
import { tidy, untidy } from './format-violations.ts';
import { lintViolations } from './lint-violations.ts';
import { skeleton } from './skeleton.ts';
import { typeViolations } from './type-violations.ts';
import { unusedViolations, wasteful } from './unused-violations.ts';

type Files = Readonly<Record<string, string>>;

const original = fileURLToPath(new URL('../../', import.meta.url));
const copied = [
  '.gitignore',
  '.oxfmtrc.json',
  '.oxlintrc.json',
  'infra/tsconfig.json',
  'knip.json',
  'tools/check.ts',
  'tsconfig.json',
  'apps/frontend/tsconfig.json',
];
const root = mkdtempSync(join(tmpdir(), 'sluice-rules-'));
after(() => rmSync(root, { recursive: true }));

const readOriginal = (name: string): string => readFileSync(join(original, name), 'utf8');
const { scripts, devDependencies, ...manifest } = JSON.parse(readOriginal('package.json'));
const checks = Object.keys(scripts).filter((name) => name.startsWith('check:'));

const keep = (record: Files, isKept: (name: string) => boolean): Files =>
  Object.fromEntries(Object.entries(record).filter(([name]) => isKept(name)));

const packageJson = JSON.stringify({
  ...manifest,
  // The skeleton has no README whose tables could be stale.
  scripts: {
    ...keep(scripts, (name) => ['check', 'format', ...checks].includes(name)),
    'check:readme': 'node --version',
  },
  devDependencies: keep(devDependencies, (name) => !name.startsWith('@sluice/')),
});

/** A folder with this repository's configuration and tools, with the skeleton and with `more`. */
const createRepository = (more: Files): string => {
  const folder = mkdtempSync(join(root, 'repository-'));
  const files = { 'package.json': packageJson, ...skeleton, ...more };
  for (const name of copied) cpSync(join(original, name), join(folder, name), { recursive: true });
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), source);
  }
  // The workspaces must be the folder's own.
  const modules = join(original, 'node_modules');
  mkdirSync(join(folder, 'node_modules/@sluice'), { recursive: true });
  for (const name of readdirSync(modules)) {
    if (name !== '@sluice') symlinkSync(join(modules, name), join(folder, 'node_modules', name));
  }
  for (const [path, source] of Object.entries(files)) {
    if (!path.endsWith('/package.json')) continue;
    symlinkSync(join(folder, dirname(path)), join(folder, 'node_modules', JSON.parse(source).name));
  }
  return folder;
};

const runScript = async (folder: string, script: string, ...args: readonly string[]) => {
  // The formatter writes in colour where `CI` is set, whatever else says.
  const { CI: _ci, ...env } = process.env;
  const child = spawn(process.execPath, ['--run', script, '--', ...args], { cwd: folder, env });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [status, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { status, output, errors };
};

const once = <T>(work: () => T): (() => T) => {
  let done: { readonly value: T } | undefined;
  return () => (done ??= { value: work() }).value;
};

const createWastefulRepository = once(() => createRepository(wasteful));

test('a repository without a fault passes each check', async () => {
  const folder = createRepository({});
  const formatted = await runScript(folder, 'format');
  assert.equal(formatted.status, 0, formatted.errors);
  const { status, output } = await runScript(folder, 'check');
  assert.equal(status, 0, output);
  const passed = output.matchAll(/^ok +(\S+)/gm);
  assert.deepEqual([...passed].map(([, name]) => `check:${name}`).toSorted(), checks.toSorted());
});

test('a check that fails is named, with what it found, and fails them all', async () => {
  const { status, output } = await runScript(createWastefulRepository(), 'check');
  assert.equal(status, 1);
  assert.match(output, /^ok +types/m);
  assert.match(output, /^FAILED unused /m);
  assert.match(output, /^unused:$[^]*^apps\/wasteful\/orphan\.ts/m);
});

const untidyPaths = Object.keys(untidy).map((what) => `apps/producer/${what.replaceAll(' ', '-')}.ts`);

const findUntidy = once(async () => {
  const sources = Object.values(untidy).map((source, index) => [untidyPaths[index], source]);
  const folder = createRepository({ ...tidy, ...Object.fromEntries(sources) });
  const { output } = await runScript(folder, 'check:format');
  return [...output.matchAll(/^(\S+) \(\d+ms\)$/gm)].map(([, path]) => path);
});

for (const [index, what] of Object.keys(untidy).entries()) {
  test(`a file with ${what} is not formatted`, async () => {
    assert.ok((await findUntidy()).includes(untidyPaths[index]));
  });
}

test('a file in the house style is formatted, and what is not code is left alone', async () => {
  const found = await findUntidy();
  assert.deepEqual(
    Object.keys(tidy).filter((path) => found.includes(path)),
    [],
  );
});

const lintPathOf = (index: number): string => lintViolations[index]?.path ?? `packages/runtime/fault-${index}.ts`;

const directions = directionViolations.flatMap(({ from, suffix = '.ts', imports, says }, row) =>
  imports.map((specifier, column) => ({
    what: `${suffix === '.ts' ? 'a file' : 'a test'} of ${from} must not import ${specifier}`,
    path: `${from}/imports-${row}-${column}${suffix}`,
    source: `import type { Part } from '${specifier}';\n\nexport type Whole = { readonly part: Part };\n`,
    says,
  })),
);

type Diagnostic = {
  readonly filename: string;
  readonly severity: string;
  readonly code?: string;
  readonly message: string;
  readonly help?: string;
};

/** What oxlint says of all violations, in one run. */
const lint = once(async () => {
  const planted = [
    ...[...allowances, ...directions].map(({ path, source }) => [path, source]),
    ...lintViolations.flatMap(({ source, others = {} }, index) => [
      [lintPathOf(index), source],
      ...Object.entries(others),
    ]),
  ];
  const folder = createRepository(Object.fromEntries(planted));
  const { status, output, errors } = await runScript(folder, 'check:lint', '--format', 'json');
  assert.equal(status, 1, errors);
  const { diagnostics }: { diagnostics: Diagnostic[] } = JSON.parse(output);
  return Map.groupBy(
    diagnostics.filter(({ severity }) => severity === 'error'),
    ({ filename }) => filename,
  );
});

const codeOf = (rule: string): string => `${rule.includes('/') ? rule.replace('/', '(') : `eslint(${rule}`})`;

for (const [index, { rule, what, reportedAs = codeOf(rule) }] of lintViolations.entries()) {
  test(`${what} breaks ${rule} and no other rule`, async () => {
    const found = (await lint()).get(lintPathOf(index)) ?? [];
    assert.deepEqual(
      found.map(({ code, message }) => code ?? message),
      [reportedAs],
    );
  });
}

for (const { what, path, says } of directions) {
  test(what, async () => {
    const found = (await lint()).get(path) ?? [];
    assert.deepEqual(
      found.map(({ code, help }) => [code, help]),
      [['eslint(no-restricted-imports)', says]],
    );
  });
}

for (const { what, path } of allowances) {
  test(`${what} breaks no rule`, async () => {
    const found = (await lint()).get(path) ?? [];
    assert.deepEqual(
      found.map(({ code, message }) => code ?? message),
      [],
    );
  });
}

test('each rule that the configuration names has a violation here', () => {
  const { rules, overrides } = JSON.parse(readOriginal('.oxlintrc.json').replaceAll(/^\s*\/\/.*$/gm, ''));
  const named = [{ rules }, ...overrides].flatMap((part) => Object.entries(part.rules));
  const shown = new Set(lintViolations.map(({ rule }) => rule));
  assert.deepEqual(
    named.filter(([rule, setting]) => setting !== 'off' && !shown.has(rule)),
    [],
  );
});

const typedFolders = ['apps/producer', 'packages/runtime', 'tools/local', 'tests/system'];
const typePathOf = (index: number): string => `${typedFolders[index % typedFolders.length]}/types-${index}.ts`;

const findTypeErrors = once(async () => {
  const planted = typeViolations.map(({ source }, index) => [typePathOf(index), source]);
  const { output } = await runScript(createRepository(Object.fromEntries(planted)), 'check:types');
  return [...output.matchAll(/^(?<path>\S+)\(\d+,\d+\): error (?<code>TS\d+): /gm)];
});

for (const [index, { flag, what, code }] of typeViolations.entries()) {
  test(`${what} breaks ${flag} and no other flag`, async () => {
    const found = (await findTypeErrors()).filter(({ groups }) => groups?.['path'] === typePathOf(index));
    assert.deepEqual(
      found.map(({ groups }) => groups?.['code']),
      [code],
    );
  });
}

// Where a library of its own does not compile with them.
const notInInfra = new Set(['exactOptionalPropertyTypes']);

const findTypeErrorsOfInfra = once(async () => {
  const planted = typeViolations.map(({ source }, index) => [`infra/types-${index}.ts`, source]);
  const { output } = await runScript(createRepository(Object.fromEntries(planted)), 'check:types-of-infra');
  return [...output.matchAll(/^infra\/(?<path>\S+)\(\d+,\d+\): error (?<code>TS\d+): /gm)];
});

for (const [index, { flag, what, code }] of typeViolations.entries()) {
  const isHeld = !notInInfra.has(flag);
  test(`in infra, ${what} ${isHeld ? 'breaks' : 'does not break'} ${flag}`, async () => {
    const found = (await findTypeErrorsOfInfra()).filter(({ groups }) => groups?.['path'] === `types-${index}.ts`);
    assert.deepEqual(
      found.map(({ groups }) => groups?.['code']),
      isHeld ? [code] : [],
    );
  });
}

type Named = readonly { readonly name: string }[];
/** knip has more kinds; each is a list of names. */
type Issue = { readonly file: string; readonly files: Named; readonly exports: Named };

const findUnused = async (check: string): Promise<string[]> => {
  const { output } = await runScript(createWastefulRepository(), `check:${check}`, '--reporter', 'json');
  const { issues }: { issues: Issue[] } = JSON.parse(output);
  return issues.flatMap(({ file, ...kinds }) =>
    Object.entries(kinds).flatMap(([kind, found]) => found.map(({ name }) => `${kind} ${file} ${name}`)),
  );
};

for (const [check, violations] of Object.entries(unusedViolations)) {
  const findOnce = once(() => findUnused(check));
  for (const { what, kind, path, name } of violations) {
    test(`check:${check} finds ${what}`, async () => {
      const found = await findOnce();
      assert.ok(found.includes(`${kind} apps/wasteful/${path} ${name}`), found.join('\n'));
    });
  }

  test(`check:${check} finds nothing else`, async () => {
    assert.equal((await findOnce()).length, violations.length);
  });
}
