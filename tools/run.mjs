// `node tools/run.mjs PROGRAM …`: installs the dependencies where that is needed, then runs Node
// with these arguments, the Node of package-lock.json where it has one. Scripts of package.json
// begin with it. A `pre` script would not do: npm leaves it out where `ignore-scripts` is set.
// Plain JavaScript for Node 20, as install.mjs.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { localNode } from './install.mjs';

// V8's compiled code, for this program and those that it starts.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url));

if (process.exitCode === undefined) {
  const program = existsSync(localNode) ? localNode : process.execPath;
  const args = process.argv.slice(2);
  // In place of this process, so that signals and the terminal are the program's own.
  if (process.execve !== undefined && process.platform !== 'win32') {
    process.execve(program, [program, ...args], process.env);
  } else runBeside(program, args);
}

/** Runs a program to its end where a process cannot be replaced (Node before 22.15). */
function runBeside(program, args) {
  const child = spawn(program, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}
