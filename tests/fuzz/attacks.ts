import * as fc from 'fast-check';
import { cut, spoiledHead, type Cut, type Spoiled } from './requests/broken.ts';
import { writeRequest, type HostileRequest } from './requests/request.ts';
import { largeRequest, request } from './requests/requests.ts';
import { smuggling, type Smuggling } from './requests/smuggling.ts';

/** One attack on the producer. */
export type Attack =
  | { readonly kind: 'requests'; readonly requests: readonly HostileRequest[] }
  | Smuggling
  | Cut
  | Spoiled;

const requests = (its: fc.Arbitrary<readonly HostileRequest[]>): fc.Arbitrary<Attack> =>
  its.map((all) => ({ kind: 'requests', requests: all }));

/**
 * Any attack. The requests of one attack are written at once (pipelined). Large requests are rare,
 * since they are slow.
 */
export const attack: fc.Arbitrary<Attack> = fc.oneof(
  { arbitrary: requests(fc.tuple(request)), weight: 850 },
  { arbitrary: requests(fc.array(request, { minLength: 1, maxLength: 4 })), weight: 60 },
  { arbitrary: smuggling, weight: 50 },
  { arbitrary: cut, weight: 20 },
  { arbitrary: spoiledHead, weight: 20 },
  { arbitrary: requests(fc.tuple(largeRequest)), weight: 1 },
);

/** Returns all bytes of an attack. */
export const bytesOf = (its: Attack): string =>
  its.kind === 'requests' ? its.requests.map(writeRequest).join('') : its.bytes;
