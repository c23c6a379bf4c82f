import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, realpath, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ours = '@sluice';

/**
 * Copies the work tree of `repository`, with uncommitted changes, into the empty folder `copy`.
 * Dependencies become links to the installed ones, and workspaces refer to their copies.
 */
export const copyProgram = async (repository: string, copy: string): Promise<void> => {
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    maxBuffer: 2 ** 24,
  });
  // Git still lists files that were deleted without a commit.
  const files = stdout.split('\0').filter((file) => file !== '' && existsSync(join(repository, file)));
  const folders = new Set(files.map((file) => dirname(file)));
  await Promise.all([...folders].map((folder) => mkdir(join(copy, folder), { recursive: true })));
  await Promise.all(files.map((file) => copyFile(join(repository, file), join(copy, file))));
  const workspaces = files.filter((file) => file === 'package.json' || file.endsWith('/package.json')).map(dirname);
  await Promise.all(workspaces.map((workspace) => linkDependencies(repository, copy, workspace)));
};

const linkDependencies = async (repository: string, copy: string, workspace: string): Promise<void> => {
  const [from, to] = [repository, copy].map((folder) => join(folder, workspace, 'node_modules'));
  if (from === undefined || to === undefined || !existsSync(from)) return;
  await mkdir(join(to, ours), { recursive: true });
  const others = (await readdir(from)).filter((name) => name !== ours);
  await Promise.all(others.map((name) => symlink(join(from, name), join(to, name))));
  if (!existsSync(join(from, ours))) return;
  const root = await realpath(repository);
  const linkWorkspace = async (name: string) => {
    const target = await realpath(join(from, ours, name));
    await symlink(join(copy, relative(root, target)), join(to, ours, name));
  };
  await Promise.all((await readdir(join(from, ours))).map(linkWorkspace));
};
