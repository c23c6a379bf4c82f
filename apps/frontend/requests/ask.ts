import { parseJson } from '@sluice/contract/parse-json.ts';
import { problem, type Problem } from '@sluice/contract/problem.ts';
import { routes } from '@sluice/contract/routes.ts';
import type * as z from 'zod/mini';

/** The outcome of a request. */
export type Outcome<T> =
  | { readonly kind: 'answered'; readonly body: T; readonly ms: number }
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** The API was unavailable, so nothing was sent. */
  | { readonly kind: 'unsent'; readonly reason: string }
  /**
   * No answer, or none that the contract defines. The request may or may not have been executed.
   */
  | { readonly kind: 'unanswered'; readonly reason: string };

type Request = {
  readonly path: string;
  /** The schema of a successful answer's body. */
  readonly body: z.ZodMiniType;
  readonly init?: RequestInit;
};

const answerWithinMs = 10_000;
const reachWithinMs = 5_000;

/** Returns the URL of a route: under `api/`, next to the page. */
export const addressOf = (path: string): URL => new URL(`api${path}`, document.baseURI);

/**
 * Sends a request and parses the answer by the contract. Never throws. `ms` is the time until the
 * answer's head arrived.
 */
export const ask = async <S extends z.ZodMiniType>({
  path,
  body,
  init,
}: Request & { readonly body: S }): Promise<Outcome<z.infer<S>>> => {
  const startedAt = performance.now();
  const limit = limitTime(answerWithinMs);
  try {
    const response = await fetch(addressOf(path), { ...init, signal: limit.signal });
    const ms = performance.now() - startedAt;
    const read = readJson(await response.text());
    if (response.ok) {
      const parsed = body.safeParse(read);
      if (parsed.success) return { kind: 'answered', body: parsed.data, ms };
    } else {
      const parsed = problem.safeParse(read);
      if (parsed.success) return { kind: 'refused', problem: parsed.data };
    }
    return { kind: 'unanswered', reason: `The answer (${response.status}) does not match the contract of this API.` };
  } catch {
    const isLate = limit.signal.aborted;
    return {
      kind: 'unanswered',
      reason: isLate ? `The API did not answer within ${answerWithinMs / 1000} s.` : 'No connection to the API.',
    };
  } finally {
    limit.clear();
  }
};

/**
 * Does the same as {@link ask}, but only after the API has answered GET /health. A browser without
 * a free connection delays a request, and does not report if it was sent.
 */
export const askWhenReached = async <S extends z.ZodMiniType>(
  request: Request & { readonly body: S },
): Promise<Outcome<z.infer<S>>> => {
  const limit = limitTime(reachWithinMs);
  try {
    const response = await fetch(addressOf(routes.health.path), { cache: 'no-store', signal: limit.signal });
    await response.arrayBuffer();
  } catch {
    const reason = limit.signal.aborted
      ? `The API is unavailable: it did not answer within ${reachWithinMs / 1000} s.`
      : 'No connection to the API.';
    return { kind: 'unsent', reason };
  } finally {
    limit.clear();
  }
  return ask(request);
};

/** Does the same as `AbortSignal.timeout`, which some supported browsers lack. */
const limitTime = (ms: number) => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
};

const readJson = (text: string): unknown => {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
};
