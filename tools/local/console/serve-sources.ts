import { existsSync, realpathSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Answerer } from './limit-clients.ts';
import { createPlainPath } from './plain-path.ts';

type Sources = {
  readonly repository: string;
  /** The folder of the data, which has passwords in it. */
  readonly privateFolder: string;
  /** The hosts that requests may be for, as HTTP_ALLOWED_HOSTS takes them. */
  readonly hosts: readonly string[];
};

// What the page imports.
const sources = ['apps/frontend', 'packages/contract', 'node_modules'];
const secrets = ['.env', '.env.*', '.npmrc', '*.{crt,key,p12,pem,pfx}', '**/.git/**', '**/.sluice/**'];
// Links to every other folder of the repository.
const links = '**/node_modules/@sluice/**';

/**
 * Answers with the page from its sources, which follows their changes on connections of `server`. Of the files of the machine it serves only
 * what the page imports, and nothing of the private folder, wherever that is. The answers have no policy as those of the built page have: what
 * makes changes appear is inline.
 */
export const serveSources = async (
  server: Server,
  { repository, privateFolder, hosts }: Sources,
): Promise<Answerer> => {
  const { createServer } = await import('vite');
  const plain = createPlainPath(repository);
  process.once('exit', plain.remove);
  const vite = await createServer({
    root: join(plain.path, 'apps/frontend'),
    resolve: { preserveSymlinks: plain.isLink },
    configLoader: 'native',
    logLevel: 'warn',
    server: {
      middlewareMode: true,
      hmr: { server },
      cors: false,
      allowedHosts: hosts.map((host) => host.replace(/:\d+$/, '')),
      fs: {
        strict: true,
        allow: sources.map((folder) => join(plain.path, folder)),
        deny: [...secrets, links, ...namesOf(privateFolder).flatMap((name) => [name, `${name}/**`])],
      },
    },
  });
  return (request, response) => vite.middlewares(request, response);
};

/** A folder as patterns that match only it: by the name that is given, and by the one behind links. */
const namesOf = (folder: string): string[] =>
  [folder, ...(existsSync(folder) ? [realpathSync(folder)] : [])].map((name) =>
    name.replaceAll(/[\\*?[\]{}()!+@|^$]/g, '\\$&'),
  );
