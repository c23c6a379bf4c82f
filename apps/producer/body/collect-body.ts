import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { maxBodyBytes } from '@sluice/contract/routes.ts';
import type { FairShares, Share } from '../limits/fair-shares.ts';
import type { ClientOf } from '../limits/client-address.ts';
import type { ProblemContent } from '../http/problem-answer.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The response to this request. */
    answer: ServerResponse | null;
  }
}

/** The limits that all bodies share. */
export type BodyLimits = {
  /** The memory that bodies and large answers share, in bytes. */
  readonly memory: FairShares;
  readonly clientOf: ClientOf;
};

/** A complete body, or the reason why there is none. */
export type CollectedBody = { readonly bytes: Buffer } | { readonly problem: ProblemContent };

// Bodies up to this size do not count as held memory: there is at most one per connection.
export const freeBytes = 16_384;
// Each part costs a call, however small it is. Streaming clients send one row per part.
const maxParts = 16_384;
const minOwnBytes = 1_024;
const nothing = Buffer.alloc(0);

/** The shared limits of all bodies, and the check for one kind of body. */
export type CollectSettings = BodyLimits & {
  /** Evaluates the beginning of a large body, so that the rest of a bad one need not be read. */
  readonly findProblem?: ((beginning: string) => ProblemContent | undefined) | undefined;
  /** The content of bodies, for the text of a problem. */
  readonly noun?: 'counts' | 'rows';
};

/**
 * Reads a body into one buffer, which doubles as the body grows. Parts that are kept one by one
 * would cost many times their bytes. Calls `done` once.
 */
export const collectBody = (
  { raw, answer }: FastifyRequest,
  { memory, clientOf, findProblem, noun = 'counts' }: CollectSettings,
  maxBytes: number,
  done: (body: CollectedBody) => void,
): void => {
  const declared = Number(raw.headers['content-length']);
  if (declared > maxBytes) {
    done({ problem: tooLarge(maxBytes, noun) });
    return;
  }
  if (expectsContinue(raw)) answer?.writeContinue();
  if (declared <= freeBytes) {
    collectSmall(raw, declared, done);
    return;
  }
  const collected = createGrowingBuffer(declared);
  let parts = 0;
  let share: Share | undefined;

  const finish = (body: CollectedBody) => {
    raw.removeListener('data', onData).removeListener('end', onEnd).removeListener('error', onError);
    if ('bytes' in body) share?.keep();
    else share?.release();
    done(body);
  };

  const account = (by: number) => {
    if (share !== undefined) return share.grow(by);
    if (collected.length() <= freeBytes) return undefined;
    const problem = findProblem?.(collected.bytes().toString('latin1'));
    if (problem !== undefined) return finish({ problem });
    share = memory.take(clientOf(raw), 0, () => finish({ problem: busy }));
    // The counts of the body stay in memory until the answer.
    answer?.once('close', share.release);
    return share.grow(collected.length());
  };

  const onData = (part: Buffer) => {
    parts += 1;
    if (collected.length() + part.length > maxBytes) return finish({ problem: tooLarge(maxBytes, noun) });
    if (parts > maxParts) return finish({ problem: tooManyParts });
    collected.append(part);
    return account(part.length);
  };
  const onEnd = () => finish({ bytes: collected.bytes() });
  const onError = () => finish({ problem: brokenOff });

  raw.on('data', onData).on('end', onEnd).on('error', onError);
};

/** Collects a small body. No limit can apply: the parser never reads more than `length` bytes. */
const collectSmall = (raw: IncomingMessage, length: number, done: (body: CollectedBody) => void): void => {
  let bytes: Buffer = nothing;
  let collected = 0;
  let isDone = false;
  const finish = (body: CollectedBody) => {
    if (isDone) return;
    isDone = true;
    done(body);
  };
  raw
    .on('data', (part: Buffer) => {
      if (part.length === length) {
        bytes = part;
      } else {
        if (collected === 0) bytes = Buffer.allocUnsafe(length);
        collected += part.copy(bytes, collected);
      }
    })
    .on('end', () => finish({ bytes }))
    .on('error', () => finish({ problem: brokenOff }));
};

const expectsContinue = ({ headers, httpVersion }: IncomingMessage): boolean =>
  headers.expect !== undefined && httpVersion === '1.1' && /^100-continue$/i.test(headers.expect);

/**
 * Creates a buffer that grows by appending. `expected` is its size. The buffer doubles if that is
 * NaN.
 */
const createGrowingBuffer = (expected: number) => {
  // Many bodies consist of one part.
  let first: Buffer | undefined;
  let own: Buffer | undefined;
  let length = 0;

  const append = (part: Buffer) => {
    const needed = length + part.length;
    if (length === 0) first = part;
    else if (own === undefined || needed > own.length) {
      const larger = Buffer.allocUnsafeSlow(expected >= needed ? expected : Math.max(2 * needed, minOwnBytes));
      (own ?? first)?.copy(larger, 0, 0, length);
      own = larger;
      first = undefined;
    }
    if (own !== undefined) part.copy(own, length);
    length = needed;
  };

  return {
    append,
    length: () => length,
    bytes: () => (own ?? first ?? nothing).subarray(0, length),
  };
};

// Nobody reads it. As an error of the server, it would fill the log.
const brokenOff: ProblemContent = { status: 400, code: 'invalid_request', detail: 'The body broke off.' };

const tooLarge = (maxBytes: number, noun: string): ProblemContent => ({
  status: 413,
  code: 'body_too_large',
  detail:
    maxBytes === maxBodyBytes
      ? `The body is larger than 1 MiB (1,048,576 bytes). Send its ${noun} in several requests.`
      : `The body is larger than ${maxBytes.toLocaleString('en')} bytes. Send one count, or use POST /counts for many.`,
});

const tooManyParts: ProblemContent = {
  status: 413,
  code: 'body_too_large',
  detail: `The body arrived in more than ${maxParts.toLocaleString('en')} parts. Send larger chunks, or several smaller requests.`,
};

const busy: ProblemContent = {
  status: 503,
  code: 'server_busy',
  detail: 'This producer has no memory for another body. Nothing was recorded. Try again.',
};
