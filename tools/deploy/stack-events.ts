import type { StackEvent } from '@aws-sdk/client-cloudformation';

/** One thing that CloudFormation did to a resource. */
export type Event = {
  readonly id: string;
  readonly atMs: number;
  readonly resource: string;
  /** What AWS calls it; empty where it was not made yet. */
  readonly physicalId: string;
  readonly type: string;
  /** `CREATE_IN_PROGRESS`, `UPDATE_FAILED` …, as the guide has them ("Stack status codes"). */
  readonly status: string;
  readonly reason: string;
};

/** What is known of a deployment from its events so far. */
export type Watched = {
  /** Resources under way, with the time at which each began. */
  readonly underWay: ReadonlyMap<string, number>;
  readonly finished: number;
  /** The failure that all others follow from. */
  readonly failure: Event | undefined;
};

export const nothingWatched: Watched = { underWay: new Map(), finished: 0, failure: undefined };

/** An event as the SDK has it. */
export const toEvent = (event: StackEvent): Event => ({
  id: event.EventId ?? '',
  atMs: event.Timestamp?.getTime() ?? 0,
  resource: event.LogicalResourceId ?? '',
  physicalId: event.PhysicalResourceId ?? '',
  type: event.ResourceType ?? '',
  status: event.ResourceStatus ?? '',
  reason: event.ResourceStatusReason ?? '',
});

// What CloudFormation says of resources that it stops because another one failed.
const cancelled = /cancell?ed/i;
// Most names are shorter; what comes after them stays below each other.
const nameWidth = 36;

const ends = { CREATE: 'made', UPDATE: 'changed', DELETE: 'removed', IMPORT: 'taken over' } as const;

const wordOf = (status: string): string =>
  Object.entries(ends).find(([action]) => status.startsWith(action))?.[1] ?? 'done';

/**
 * How long something took, as one says it: `45 s`, `6 min 10 s`.
 * @internal
 */
export const sayDuration = (durationMs: number): string => {
  const seconds = Math.max(Math.round(durationMs / 1_000), 0);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};

/** Takes events, the oldest first, into what is known; answers with a line for each resource that is done or failed, and for a rollback. */
export const watchEvents = (
  before: Watched,
  events: readonly Event[],
  nameOf: (resource: string) => string,
): { readonly watched: Watched; readonly lines: readonly string[] } => {
  const underWay = new Map(before.underWay);
  const lines: string[] = [];
  let { finished, failure } = before;
  for (const event of events) {
    const { resource, type, status, reason, atMs } = event;
    if (type === 'AWS::CloudFormation::Stack') {
      // The name of a rollback is the same in each kind of it: ROLLBACK_…, UPDATE_ROLLBACK_….
      if (status.endsWith('ROLLBACK_IN_PROGRESS')) lines.push('↩ puts back what was before');
      continue;
    }
    const label = `${nameOf(resource).padEnd(nameWidth)}  ${type}`;
    if (status.endsWith('_IN_PROGRESS')) {
      if (!underWay.has(resource)) underWay.set(resource, atMs);
      continue;
    }
    const since = underWay.get(resource);
    underWay.delete(resource);
    if (status.endsWith('_FAILED')) {
      const isFollower = cancelled.test(reason);
      if (!isFollower) lines.push(`✗ ${label}: ${reason}`);
      if (!isFollower && failure === undefined) failure = event;
      continue;
    }
    if (status === 'DELETE_SKIPPED') lines.push(`= ${label} stays, as its policy says`);
    if (!status.endsWith('_COMPLETE')) continue;
    finished += 1;
    lines.push(`✓ ${label} ${wordOf(status)}${since === undefined ? '' : ` (${sayDuration(atMs - since)})`}`);
  }
  return { watched: { underWay, finished, failure }, lines };
};

/** What is under way, in one line: the longest first. */
export const sayUnderWay = (
  { underWay, finished }: Watched,
  nowMs: number,
  nameOf: (resource: string) => string,
): string => {
  const longest = [...underWay].toSorted(([, one], [, other]) => one - other).slice(0, 3);
  const names = longest.map(([resource, sinceMs]) => `${nameOf(resource)} (${sayDuration(nowMs - sinceMs)})`);
  const others = underWay.size > longest.length ? `, and ${underWay.size - longest.length} more` : '';
  return `${finished} done; ${names.length === 0 ? 'waiting' : names.join(', ')}${others}`;
};
