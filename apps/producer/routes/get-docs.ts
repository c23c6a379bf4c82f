import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';

/**
 * Adds a self-contained page. It runs only its own script and style, and connects only to this
 * server.
 */
export const addGetDocs = (server: FastifyInstance): void => {
  const style = readFileSync(new URL('../docs/docs.css', import.meta.url), 'utf8');
  const script = readFileSync(new URL('../docs/docs.mjs', import.meta.url), 'utf8');
  const page = readFileSync(new URL('../docs/docs.html', import.meta.url), 'utf8')
    .replace('<link rel="stylesheet" href="docs.css" />', () => `<style>${style}</style>`)
    .replace('<script src="docs.mjs"></script>', () => `<script>${script}</script>`);
  const policy = [
    "default-src 'none'",
    `style-src ${sourceOf(style)}`,
    `script-src ${sourceOf(script)}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  } as const;
  server.get(routes.getDocs.path, (_request, reply) => reply.headers(headers).send(page));
};

const sourceOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
