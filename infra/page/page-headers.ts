const contentSecurityPolicy = [
  "default-src 'none'",
  ...['script', 'style', 'img', 'connect'].map((kind) => `${kind}-src 'self'`),
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"],
].join('; ');

/**
 * The security headers of each file of the page. The page brings all that it needs, and sends
 * requests only to its own origin. `npm start` sends the same headers
 * (tools/local/console/page-files.ts). tests/system/page-headers.test.ts compares the two.
 */
export const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/**
 * The security headers of answers of the API. They hold no document, except `/api/docs`, which has
 * a policy of its own.
 */
export const apiHeaders = {
  ...securityHeaders,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

/**
 * Cache headers of the page, and of its other files, whose names change with their content.
 * Browsers and CloudFront obey them.
 */
export const cacheControl = { page: 'no-cache', assets: 'public, max-age=31536000, immutable' } as const;
