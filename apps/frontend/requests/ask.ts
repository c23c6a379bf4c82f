import { problem, type Problem } from '@sluice/contract/problem.ts';
import type * as z from 'zod';

/** What came of a request. */
export type Outcome<T> =
  | { readonly kind: 'answered'; readonly body: T; readonly ms: number }
  | { readonly kind: 'refused'; readonly problem: Problem }
  /** No answer, or none that the contract knows: it may have been done or not. */
  | { readonly kind: 'unanswered'; readonly reason: string };

type Request = {
  readonly path: string;
  /** Of the body of an answer that is not an error. */
  readonly body: z.ZodType;
  readonly init?: RequestInit;
};

const answerWithinMs = 10_000;

/** The address of a route: under `api/`, beside the page. */
export const addressOf = (path: string): URL => new URL(`api${path}`, document.baseURI);

/** Asks the API and reads its answer by the contract. Never throws. `ms` is until the answer's head was there. */
export const ask = async <S extends z.ZodType>({
  path,
  body,
  init,
}: Request & { readonly body: S }): Promise<Outcome<z.infer<S>>> => {
  const startedAt = performance.now();
  try {
    const response = await fetch(addressOf(path), { ...init, signal: AbortSignal.timeout(answerWithinMs) });
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
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    return {
      kind: 'unanswered',
      reason: isLate ? `No answer came within ${answerWithinMs / 1000} s.` : 'No connection to the API.',
    };
  }
};

const readJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
