import type { StackEvent } from '@aws-sdk/client-cloudformation';

/** One event of CloudFormation on a resource. */
export type Event = {
  readonly id: string;
  readonly atMs: number;
  readonly resource: string;
  /** The resource's name in AWS. Empty if the resource does not exist yet. */
  readonly physicalId: string;
  readonly type: string;
  /**
   * `CREATE_IN_PROGRESS`, `UPDATE_FAILED` and others, as the guide lists them ("Stack status
   * codes").
   */
  readonly status: string;
  readonly reason: string;
};

/** The state of a deployment, from its events so far. */
export type Watched = {
  /** Resources in progress, with the time at which each started. */
  readonly inProgress: ReadonlyMap<string, number>;
  readonly finished: number;
  /** The failure that caused all others. */
  readonly failure: Event | undefined;
};

export const nothingWatched: Watched = { inProgress: new Map(), finished: 0, failure: undefined };

/** Converts an event of the SDK. */
export const toEvent = (event: StackEvent): Event => ({
  id: event.EventId ?? '',
  atMs: event.Timestamp?.getTime() ?? 0,
  resource: event.LogicalResourceId ?? '',
  physicalId: event.PhysicalResourceId ?? '',
  type: event.ResourceType ?? '',
  status: event.ResourceStatus ?? '',
  reason: event.ResourceStatusReason ?? '',
});

// CloudFormation's message for resources that it stops because another one failed.
const cancelled = /cancell?ed/i;
// Most names are shorter. The text after them stays aligned.
const nameWidth = 36;

const ends = { CREATE: 'created', UPDATE: 'updated', DELETE: 'deleted', IMPORT: 'imported' } as const;

const wordOf = (status: string): string =>
  Object.entries(ends).find(([action]) => status.startsWith(action))?.[1] ?? 'done';

/**
 * Formats a duration for people: `45 s`, `6 min 10 s`.
 * @internal
 */
export const formatDuration = (durationMs: number): string => {
  const seconds = Math.max(Math.round(durationMs / 1_000), 0);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
};

/**
 * Adds events, the oldest first, to the state. Returns a line for each finished or failed resource,
 * and for a rollback.
 */
export const watchEvents = (
  before: Watched,
  events: readonly Event[],
  nameOf: (resource: string) => string,
): { readonly watched: Watched; readonly lines: readonly string[] } => {
  const inProgress = new Map(before.inProgress);
  const lines: string[] = [];
  let { finished, failure } = before;
  for (const event of events) {
    const { resource, type, status, reason, atMs } = event;
    if (type === 'AWS::CloudFormation::Stack') {
      // All kinds of rollback have the same suffix: ROLLBACK_…, UPDATE_ROLLBACK_….
      if (status.endsWith('ROLLBACK_IN_PROGRESS')) lines.push('↩ rolling back');
      continue;
    }
    const label = `${nameOf(resource).padEnd(nameWidth)}  ${type}`;
    if (status.endsWith('_IN_PROGRESS')) {
      if (!inProgress.has(resource)) inProgress.set(resource, atMs);
      continue;
    }
    const since = inProgress.get(resource);
    inProgress.delete(resource);
    if (status.endsWith('_FAILED')) {
      const isFollower = cancelled.test(reason);
      if (!isFollower) lines.push(`✗ ${label}: ${reason}`);
      if (!isFollower && failure === undefined) failure = event;
      continue;
    }
    if (status === 'DELETE_SKIPPED') lines.push(`= ${label} retained, because of its deletion policy`);
    if (!status.endsWith('_COMPLETE')) continue;
    finished += 1;
    lines.push(`✓ ${label} ${wordOf(status)}${since === undefined ? '' : ` (${formatDuration(atMs - since)})`}`);
  }
  return { watched: { inProgress, finished, failure }, lines };
};

/** Formats the resources in progress in one line, the longest first. */
export const formatInProgress = (
  { inProgress, finished }: Watched,
  nowMs: number,
  nameOf: (resource: string) => string,
): string => {
  const longest = [...inProgress].toSorted(([, one], [, other]) => one - other).slice(0, 3);
  const names = longest.map(([resource, sinceMs]) => `${nameOf(resource)} (${formatDuration(nowMs - sinceMs)})`);
  const others = inProgress.size > longest.length ? `, and ${inProgress.size - longest.length} more` : '';
  return `${finished} done; ${names.length === 0 ? 'waiting' : names.join(', ')}${others}`;
};
