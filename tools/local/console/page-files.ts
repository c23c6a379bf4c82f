import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';

const mediaTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The page may run its own script, use its own style, and send requests to its own origin. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

type File = {
  readonly headers: Readonly<Record<string, string>>;
  readonly plain: Buffer;
  readonly encoded: readonly (readonly [encoding: 'br' | 'gzip', body: Buffer])[];
};

type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

/** Serves the files of `folder` from memory, so no path of a request reaches the disk. */
export const servePage = (folder: string): Answerer => {
  const files = readFiles(folder);
  const page = files.get('/index.html');
  if (page === undefined) throw new Error(`${folder} has no index.html`);
  files.set('/', page);

  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answerText(response, 405, 'The console supports only GET and HEAD.', { allow: 'GET, HEAD' });
      return;
    }
    const path = (request.url ?? '/').replace(/[?#].*$/s, '');
    const file = files.get(path);
    if (file !== undefined) answerFile(request, response, file);
    else if (request.headers.accept?.includes('text/html') === true) {
      // There is one page, and its files are next to it.
      answerText(response, 302, 'The console is at /', { location: '/' });
    } else answerText(response, 404, 'This file does not exist.');
  };
};

const answerFile = (request: IncomingMessage, response: ServerResponse, file: File): void => {
  const etag = file.headers['etag'];
  if (etag !== undefined && request.headers['if-none-match'] === etag) {
    response.writeHead(304, { ...securityHeaders, ...file.headers }).end();
    return;
  }
  const accepted = request.headers['accept-encoding'] ?? '';
  const found = file.encoded.find(([encoding]) =>
    new RegExp(`\\b${encoding}\\b(?!;q=0(?:\\.0*)?(?:,|$))`).test(accepted),
  );
  const [encoding, body] = found ?? [undefined, file.plain];
  response.writeHead(200, {
    ...securityHeaders,
    ...file.headers,
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    'content-length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
};

const answerText = (
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void => {
  response.writeHead(status, { ...securityHeaders, 'content-type': 'text/plain; charset=utf-8', ...headers });
  response.end(`${text}\n`);
};

const readFiles = (folder: string): Map<string, File> => {
  const files = new Map<string, File>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    const type = mediaTypes[extname(name)];
    if (type === undefined || !statSync(path).isFile()) continue;
    const plain = readFileSync(path);
    const url = `/${name.split(sep).join('/')}`;
    files.set(url, {
      plain,
      encoded: [
        ...(existsSync(`${path}.br`) ? [['br', readFileSync(`${path}.br`)] as const] : []),
        ...(existsSync(`${path}.gz`) ? [['gzip', readFileSync(`${path}.gz`)] as const] : []),
      ],
      headers: {
        'content-type': type,
        vary: 'Accept-Encoding',
        // The names of these files contain a hash of their content.
        ...(url.startsWith('/assets/')
          ? { 'cache-control': 'public, max-age=31536000, immutable' }
          : {
              'cache-control': 'no-cache',
              etag: `"${createHash('sha256').update(plain).digest('hex').slice(0, 32)}"`,
            }),
      },
    });
  }
  return files;
};
