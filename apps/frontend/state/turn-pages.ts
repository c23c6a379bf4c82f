import { readTableRows, type TableRow } from '../requests/reads.ts';

/** A page of recorded rows. */
export type Page = {
  /** The rows, newest first. `undefined` until they are read. */
  readonly rows: readonly TableRow[] | undefined;
  /** The number of pages that are newer than this one. */
  readonly page: number;
  /** True if there is a page of older rows. */
  readonly hasOlder: boolean;
};

/** The number of rows on a page. */
export const rowsPerPage = 10;

type PageDependencies = {
  readonly table: string;
  /** Reads the bearer token of the requests, `''` for none. */
  readonly readToken: () => string;
  readonly onPage: (page: Page) => void;
};

/** Creates a reader of the pages of a table. A read without an answer leaves the page unchanged. */
export const createPageReader = ({ table, readToken, onPage }: PageDependencies) => {
  /** The `before` of each page on the way from the newest one. */
  let befores: readonly string[] = [];
  let next: string | null = null;
  let isStale = true;

  const read = async () => {
    const asked = befores;
    isStale = false;
    const outcome = await readTableRows(table, rowsPerPage, asked.at(-1), readToken());
    // The user may have turned the page in the meantime.
    if (asked !== befores) return;
    if (outcome.kind !== 'answered') {
      isStale = true;
      return;
    }
    next = outcome.body.next;
    onPage({ rows: outcome.body.rows, page: befores.length, hasOlder: next !== null });
  };

  return {
    /**
     * Reads the page if it is the newest and the table has new rows, or if the last read of it
     * failed.
     */
    follow: async (hasNewRows: boolean): Promise<void> => {
      isStale ||= hasNewRows && befores.length === 0;
      if (isStale) await read();
    },
    turn: (towards: 'older' | 'newer') => {
      if (towards === 'newer') befores = befores.slice(0, -1);
      else if (next !== null) befores = [...befores, next];
      next = null;
      void read();
    },
  };
};
