/** A file of the page: its path below the page's address, and the MD5 of its content. */
export type PageFile = { readonly path: string; readonly md5: string };

/**
 * A file in the bucket. `supersededMs` is the time at which a release removed it from the page, and
 * undefined while it is part of the page.
 */
export type StoredFile = PageFile & { readonly supersededMs: number | undefined };

/** The steps of an upload, in this order. */
export type PagePlan = {
  /** Files that others refer to come first. The page itself is the last. */
  readonly uploads: readonly string[];
  /**
   * Files that this release removes from the page. A browser with the previous page open may still
   * request them.
   */
  readonly superseded: readonly string[];
  /** Files that were removed from the page long ago. */
  readonly removals: readonly string[];
  /** Paths that CloudFront may have cached with other content. */
  readonly invalidations: readonly string[];
};

const day = 86_400_000;

/**
 * Days for which files stay after they are no longer part of the page.
 * @internal
 */
export const keptDays = 30;

/** Returns true for files whose names change with their content. */
const isHashed = (path: string): boolean => path.startsWith('assets/');

const rankOf = (path: string): number => {
  if (isHashed(path)) return 0;
  return path === 'index.html' ? 2 : 1;
};

/** Plans the steps after which the bucket holds a page. */
export const planPage = (page: readonly PageFile[], stored: readonly StoredFile[], nowMs: number): PagePlan => {
  const current = new Map(page.map(({ path, md5 }) => [path, md5]));
  const others = stored.filter(({ path }) => !current.has(path));
  const isOld = ({ supersededMs }: StoredFile) => supersededMs !== undefined && nowMs - supersededMs > keptDays * day;
  const changed = stored.filter(({ path, md5 }) => !isHashed(path) && current.has(path) && current.get(path) !== md5);
  return {
    uploads: page
      .map(({ path }) => path)
      .toSorted((one, other) => rankOf(one) - rankOf(other) || one.localeCompare(other)),
    superseded: others.filter(({ supersededMs }) => supersededMs === undefined).map(({ path }) => path),
    removals: others.filter(isOld).map(({ path }) => path),
    invalidations: changed
      .flatMap(({ path }) => (path === 'index.html' ? ['/', '/index.html'] : [`/${path}`]))
      .toSorted(),
  };
};

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  html: 'text/html; charset=utf-8',
  ico: 'image/x-icon',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain; charset=utf-8',
  webmanifest: 'application/manifest+json',
  woff2: 'font/woff2',
};

/**
 * Returns the media type of a file, by its name. Throws if the extension has no type: browsers run
 * no script with a wrong one.
 */
export const typeOf = (path: string): string => {
  const type = types[path.split('.').at(-1) ?? ''];
  if (type === undefined)
    throw new Error(`${path} has no media type; add its extension to tools/deploy/release/page-plan.ts`);
  return type;
};
