import { sleep } from '@sluice/async/sleep.ts';
import type { Finding } from '@sluice/contract/finding.ts';
import type { Logger } from './logging/logger.ts';

/** The result of the checks of all servers, kept up to date. */
export type ServerWatch = {
  /** Returns the current findings. A server that does not answer keeps its last findings. */
  readonly findings: () => readonly Finding[];
  /** True if every check has had an answer. */
  readonly isComplete: () => boolean;
  /** True if the check with this index has had an answer. */
  readonly hasAnswered: (index: number) => boolean;
  /** Resolves when the first round is over, with or without answers. */
  readonly firstRound: Promise<void>;
  /** Resolves after `stopping` is aborted. */
  readonly ended: Promise<void>;
};

type WatchSettings = {
  /** The checks, one for each kind of server. Each throws when its server does not answer. */
  readonly checks: readonly (() => Promise<readonly Finding[]>)[];
  readonly logger: Logger;
};

const everyMs = 10_000;
const againAfterMs = 1_000;

/**
 * Checks the servers at once and then every 10 s, because a server can be reconfigured, or replaced
 * in a failover. Logs each finding once, and once more when it no longer holds.
 */
export const watchServers = ({ checks, logger }: WatchSettings, stopping: AbortSignal): ServerWatch => {
  const found = checks.map((): readonly Finding[] | undefined => undefined);
  const firstRound = Promise.withResolvers<void>();
  // Read by every POST.
  let current: readonly Finding[] = [];
  let logged = new Map<string, Finding>();

  const isComplete = () => found.every((its) => its !== undefined);
  const hasAnswered = (index: number) => found[index] !== undefined;
  const findings = () => current;

  const log = () => {
    const now = new Map(findings().map((its) => [its.detail, its]));
    for (const [detail, { code, severity }] of now) {
      if (logged.has(detail)) continue;
      logger[severity === 'refused' ? 'error' : 'warn'](
        { code, severity, detail },
        'a server does not meet the requirements',
      );
    }
    for (const [detail, { code }] of logged)
      if (!now.has(detail)) logger.info({ code }, 'a server meets the requirements again');
    logged = now;
  };

  const look = async (check: WatchSettings['checks'][number], index: number) => {
    try {
      found[index] = await check();
      current = found.flatMap((its) => its ?? []);
    } catch (error) {
      if (!stopping.aborted) logger.debug({ err: error }, 'could not check a server; retrying');
    }
  };

  const follow = async () => {
    while (!stopping.aborted) {
      await Promise.all(checks.map(look));
      log();
      firstRound.resolve();
      await sleep(isComplete() ? everyMs : againAfterMs, stopping);
    }
  };

  return { findings, isComplete, hasAnswered, firstRound: firstRound.promise, ended: follow() };
};
