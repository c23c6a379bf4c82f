import * as fc from 'fast-check';
import { rawBytes } from './bodies.ts';
import { token } from '../oracle.ts';
import { writeRequest, type FuzzRequest } from './request.ts';

const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** A count that other requests are unlikely to have. */
export const rareCount: fc.Arbitrary<number> = fc.noBias(fc.integer({ min: 1e15, max: Number.MAX_SAFE_INTEGER }));

const goodRequest = (its: number): FuzzRequest => ({
  method: 'POST',
  target: '/count',
  version: 'HTTP/1.1',
  headers: [
    ['Host', 'sluice'],
    ['Authorization', `Bearer ${token}`],
    ['Content-Type', 'application/json'],
  ],
  body: JSON.stringify({ count: its }),
  framing: { kind: 'length' },
});

/** A valid request that is cut before its end. The connection is then half-closed or dropped. */
export type Cut = { readonly kind: 'cut'; readonly bytes: string; readonly count: number; readonly isDropped: boolean };

export const cut: fc.Arbitrary<Cut> = fc
  .tuple(rareCount, place, fc.boolean(), fc.boolean())
  .map(([its, where, isDropped, isChunked]) => {
    const request = goodRequest(its);
    const bytes = writeRequest(
      isChunked ? { ...request, framing: { kind: 'chunks', cuts: [0.5], extension: '', trailer: '' } } : request,
    );
    return { kind: 'cut', bytes: bytes.slice(0, Math.floor(where * bytes.length)), count: its, isDropped };
  });

/**
 * A valid request with a few bytes of its head changed, followed by one that ends the connection.
 * Its count must be recorded at most once.
 */
export type Spoiled = { readonly kind: 'spoiled'; readonly bytes: string; readonly count: number };

export const spoiledHead: fc.Arbitrary<Spoiled> = fc
  .tuple(
    rareCount,
    fc.array(
      fc.tuple(
        place,
        fc.integer({ min: 0, max: 2 }),
        fc.oneof(rawBytes(2), fc.constantFrom('\r\n', '\n', '\r', ':', ' ', '0')),
      ),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([its, changes]) => {
    const request = goodRequest(its);
    const whole = writeRequest(request);
    let head = whole.slice(0, -request.body.length);
    for (const [where, removed, added] of changes) {
      const at = Math.floor(where * head.length);
      head = head.slice(0, at) + added + head.slice(at + removed);
    }
    return {
      kind: 'spoiled',
      bytes: `${head}${request.body}GET /nothing HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\n\r\n`,
      count: its,
    };
  });
