import type { EventLink } from '../requests/event-stream.ts';
import { followEvents, type SluiceEvent } from '../requests/follow-events.ts';
import type { QueueState, Row, Total } from '../requests/reads.ts';
import { createChoice, noChoice, type Choice } from './choose-table.ts';
import { createRowFinder, type RowFinder } from './find-rows.ts';
import type { TableFollower } from './follow-table.ts';
import { addMoment, createRateMeter, createStreamClock, emptyHistory, type History } from './history.ts';
import { seeHost } from './hosts.ts';

/** The state that the page shows. Each change creates a new object. */
export type Snapshot = Choice & {
  readonly link: EventLink;
  /** The bearer token that requests carry, `''` for none. It is kept in memory only. */
  readonly token: string;
  /** True if the API answered 401 to a read with this token. */
  readonly isTokenRefused: boolean;
  /** The time of the last event, in ms since 1970. */
  readonly heardAt: number | undefined;
  /**
   * The time since the number of rows last changed, in ms. It is 0 while the consumers are paused.
   */
  readonly stillMs: number;
  /** `undefined` before the first event, `null` while the database or the queue is unavailable. */
  readonly count: Total | null | undefined;
  readonly queue: QueueState | null | undefined;
  /** Preconditions of Redis and MySQL that do not hold. */
  readonly findings: Readonly<SluiceEvent['findings']>;
  /** Rows recorded per second, `null` if unknown. */
  readonly perSecond: number | null;
  readonly history: History;
  /** The newest rows, newest first. `undefined` until they are read. */
  readonly rows: readonly Row[] | undefined;
  /** The producers that answered in the last minute. */
  readonly hosts: readonly string[];
};

/** The state of the page while it is open. */
export type Console = {
  readonly start: () => void;
  readonly subscribe: (listener: () => void) => () => void;
  readonly read: () => Snapshot;
  /** Sends this token from now on. Reconnects at once if reads were refused. */
  readonly setToken: (token: string) => void;
  /** Records that a producer answered. */
  readonly seeHost: (host: string) => void;
  readonly untilRecorded: RowFinder['untilRecorded'];
  /** Shows another table, `undefined` for the counts. The address keeps it. */
  readonly choose: (table: string | undefined) => void;
  /** Reads the shown table now, because a row was posted. */
  readonly refreshTable: () => void;
  readonly turnPage: TableFollower['turnPage'];
};

const initial: Snapshot = {
  link: 'connecting',
  token: '',
  isTokenRefused: false,
  heardAt: undefined,
  stillMs: 0,
  count: undefined,
  queue: undefined,
  findings: [],
  perSecond: null,
  history: emptyHistory,
  rows: undefined,
  hosts: [],
  ...noChoice,
};

/** Creates the state of the page. It follows no events before `start`. */
export const createConsole = (): Console => {
  const listeners = new Set<() => void>();
  const meter = createRateMeter();
  const clock = createStreamClock();
  const seenHosts = new Map<string, number>();
  let movedAt = performance.now();
  let snapshot = initial;
  const update = (change: Partial<Snapshot>) => {
    snapshot = { ...snapshot, ...change };
    for (const listener of listeners) listener();
  };

  const readToken = () => snapshot.token;
  const finder = createRowFinder({ readToken, onRows: (rows) => update({ rows }) });

  const chosen = createChoice({ read: () => snapshot, update });

  const takeEvent = ({ monotonic_ms: readAtMs, count, queue, findings }: SluiceEvent, stream: string) => {
    const now = performance.now();
    // oxlint-disable-next-line no-restricted-properties -- shown as a time of day
    const heardAt = Date.now();
    // Without the producer's time, the time of arrival is the best estimate.
    const atMs = readAtMs ?? now;
    const perSecond = meter.take({ stream, atMs, rows: count?.rows_count });
    const isMoving = count?.rows_count !== snapshot.count?.rows_count;
    if (isMoving || queue?.paused === true) movedAt = now;
    update({
      heardAt,
      stillMs: now - movedAt,
      count,
      queue,
      findings,
      perSecond,
      history: addMoment(snapshot.history, clock.toLocalMs(stream, atMs, heardAt), queue, perSecond),
      hosts: seeHost(seenHosts, snapshot.hosts, count?.hostname, now),
    });
    if (count !== null) finder.follow(isMoving);
    if (snapshot.tables === undefined) void chosen.readTables();
  };

  const takeLink = (link: EventLink) => {
    if (link === 'live') update({ link, isTokenRefused: false });
    // The chart has a gap where no event arrived.
    else
      update({
        link,
        isTokenRefused: link === 'locked' && snapshot.token !== '',
        // oxlint-disable-next-line no-restricted-properties -- the axis shows times of day
        history: addMoment(snapshot.history, Date.now(), null, null),
        perSecond: meter.reset(),
      });
    // A newer release may declare others.
    if (link === 'live') void chosen.readTables();
    chosen.follow();
  };

  let events: ReturnType<typeof followEvents> | undefined;
  return {
    start: () => {
      chosen.start();
      events = followEvents({ readToken, onEvent: takeEvent, onLink: takeLink });
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    read: () => snapshot,
    setToken: (typed) => {
      update({ token: typed.trim(), isTokenRefused: false });
      if (snapshot.link === 'locked') events?.reopen();
    },
    seeHost: (host) => update({ hosts: seeHost(seenHosts, snapshot.hosts, host, performance.now()) }),
    untilRecorded: finder.untilRecorded,
    choose: chosen.choose,
    refreshTable: () => chosen.reader()?.refresh(),
    turnPage: (towards) => chosen.reader()?.turnPage(towards),
  };
};
