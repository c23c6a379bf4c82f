import { existsSync, realpathSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Answerer } from './limit-clients.ts';
import { createPlainPath } from './plain-path.ts';

type Sources = {
  readonly repository: string;
  /** The data folder, which contains passwords. */
  readonly privateFolder: string;
  /** The allowed hosts of requests, in the format of HTTP_ALLOWED_HOSTS. */
  readonly hosts: readonly string[];
};

// The folders that the page imports from.
const sources = ['apps/frontend', 'packages/contract', 'node_modules'];
const secrets = ['.env', '.env.*', '.npmrc', '*.{crt,key,p12,pem,pfx}', '**/.git/**', '**/.sluice/**'];
// Links to every other folder of the repository.
const links = '**/node_modules/@sluice/**';

/**
 * Serves the page from its sources, which follows their changes on connections of `server`. It
 * serves only the files that the page imports, and never the private folder, wherever that is.
 * Unlike the built page, the answers have no content security policy, because the code that applies
 * changes is inline.
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

/**
 * Returns patterns that match only this folder, by the given name and by the target of its links.
 */
const namesOf = (folder: string): string[] =>
  [folder, ...(existsSync(folder) ? [realpathSync(folder)] : [])].map((name) =>
    name.replaceAll(/[\\*?[\]{}()!+@|^$]/g, '\\$&'),
  );
