import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { serviceArguments, serviceEnvironment } from '@sluice/local/service-command.ts';

const tellAtExit = `data:text/javascript,process.on('exit', () => process.stdout.write('\\n' + process.moduleLoadList.join('\\n')))`;

for (const app of ['producer', 'consumer'] as const) {
  test(`a ${app} with a compile cache loads neither an HTTP client nor the TypeScript compiler`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-loaded-'));
    t.after(() => rmSync(folder, { recursive: true }));
    // Without its configuration it exits as soon as all modules are loaded.
    const load = () => {
      const { status, stdout } = spawnSync(process.execPath, ['--import', tellAtExit, ...serviceArguments(app)], {
        env: { ...serviceEnvironment(), NODE_COMPILE_CACHE: folder },
        encoding: 'utf8',
      });
      assert.equal(status, 1);
      return stdout.split('\n').filter((line) => /deps\/(?:undici|amaro)\//.test(line));
    };
    assert.notDeepEqual(load(), [], 'the compiler is seen where it is loaded');
    assert.deepEqual(load(), []);
  });
}
