/** A file of the page: its path below the page's address, and the MD5 of what is in it. */
export type PageFile = { readonly path: string; readonly md5: string };

/** A file that is in the bucket. `supersededMs` is when a release took it out of the page; undefined where it is in it. */
export type StoredFile = PageFile & { readonly supersededMs: number | undefined };

/** What an upload does, in this order. */
export type PagePlan = {
  /** What others name comes before what names it: the page itself is the last. */
  readonly uploads: readonly string[];
  /** What this release takes out of the page. Somebody has the page of before open, and it may still ask for them. */
  readonly superseded: readonly string[];
  /** What was taken out long ago. */
  readonly removals: readonly string[];
  /** What CloudFront may have under the same name with other content. */
  readonly invalidations: readonly string[];
};

const day = 86_400_000;

/**
 * Days for which files stay that are no longer part of the page.
 * @internal
 */
export const keptDays = 30;

/** The name of these changes with what is in them. */
const isHashed = (path: string): boolean => path.startsWith('assets/');

const rankOf = (path: string): number => {
  if (isHashed(path)) return 0;
  return path === 'index.html' ? 2 : 1;
};

/** What makes the bucket hold a page. */
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

/** The media type of a file, by its name. Throws where nobody has given it one: browsers run nothing that has a wrong one. */
export const typeOf = (path: string): string => {
  const type = types[path.split('.').at(-1) ?? ''];
  if (type === undefined)
    throw new Error(`${path} has a kind of file without a media type; give it one in tools/deploy/page-plan.ts`);
  return type;
};
