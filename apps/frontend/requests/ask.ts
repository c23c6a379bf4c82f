import { problem, type Problem } from '@sluice/contract/problem.ts';
import { routes } from '@sluice/contract/routes.ts';
import type * as z from 'zod';

/** What came of a request. */
export type Outcome<T> =
  | { readonly kind: 'answered'; readonly body: T; readonly ms: number }
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** The API could not be reached, so nothing was sent. */
  | { readonly kind: 'unsent'; readonly reason: string }
  /** No answer, or none that the contract knows: it may have been done or not. */
  | { readonly kind: 'unanswered'; readonly reason: string };

type Request = {
  readonly path: string;
  /** Of the body of an answer that is not an error. */
  readonly body: z.ZodType;
  readonly init?: RequestInit;
};

const answerWithinMs = 10_000;
const reachWithinMs = 5_000;

/** The address of a route: under `api/`, beside the page. */
export const addressOf = (path: string): URL => new URL(`api${path}`, document.baseURI);

/** Asks the API and reads its answer by the contract. Never throws. `ms` is until the answer's head was there. */
export const ask = async <S extends z.ZodType>({
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
    return { kind: 'unanswered', reason: `The answer (${response.status}) is not one of this API.` };
  } catch {
    const isLate = limit.signal.aborted;
    return {
      kind: 'unanswered',
      reason: isLate ? `No answer came within ${answerWithinMs / 1000} s.` : 'No connection to the API.',
    };
  } finally {
    limit.clear();
  }
};

/**
 * Asks like {@link ask}, but only when the API has just answered a request that does nothing. A
 * browser whose connections are all taken keeps a request back, and says of none whether it was sent.
 */
export const askWhenReached = async <S extends z.ZodType>(
  request: Request & { readonly body: S },
): Promise<Outcome<z.infer<S>>> => {
  const limit = limitTime(reachWithinMs);
  try {
    const response = await fetch(addressOf(routes.health.path), { cache: 'no-store', signal: limit.signal });
    await response.arrayBuffer();
  } catch {
    const reason = limit.signal.aborted
      ? `The API cannot be reached: no answer came within ${reachWithinMs / 1000} s.`
      : 'No connection to the API.';
    return { kind: 'unsent', reason };
  } finally {
    limit.clear();
  }
  return ask(request);
};

/** As `AbortSignal.timeout`, which not every browser of the page has. */
const limitTime = (ms: number) => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), ms);
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
};

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
