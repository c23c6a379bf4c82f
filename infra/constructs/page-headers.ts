const contentSecurityPolicy = [
  "default-src 'none'",
  ...['script', 'style', 'img', 'connect'].map((kind) => `${kind}-src 'self'`),
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"],
].join('; ');

/**
 * What browsers are told with each file of the page: it brings all that it needs, and calls nobody but its own origin. `npm start` says the same
 * (tools/local/console/page-files.ts); tests/system/page-headers.test.ts compares the two.
 */
export const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** How long browsers and CloudFront keep the page, and how long its other files, whose names change with what is in them. */
export const cacheControl = { page: 'no-cache', assets: 'public, max-age=31536000, immutable' } as const;
