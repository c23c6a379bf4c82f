import * as fc from 'fast-check';
import { cut, spoiledHead, type Cut, type Spoiled } from './broken.ts';
import { writeRequest, type HostileRequest } from './request.ts';
import { largeRequest, request } from './requests.ts';
import { smuggling, type Smuggling } from './smuggling.ts';

/** One thing to do to the producer. */
export type Attack =
  | { readonly kind: 'requests'; readonly requests: readonly HostileRequest[] }
  | Smuggling
  | Cut
  | Spoiled;

const requests = (its: fc.Arbitrary<readonly HostileRequest[]>): fc.Arbitrary<Attack> =>
  its.map((all) => ({ kind: 'requests', requests: all }));

/** Any attack. Requests of one attack are written at once (pipelined); of large ones there are few, for they take their time. */
export const attack: fc.Arbitrary<Attack> = fc.oneof(
  { arbitrary: requests(fc.tuple(request)), weight: 850 },
  { arbitrary: requests(fc.array(request, { minLength: 1, maxLength: 4 })), weight: 60 },
  { arbitrary: smuggling, weight: 50 },
  { arbitrary: cut, weight: 20 },
  { arbitrary: spoiledHead, weight: 20 },
  { arbitrary: requests(fc.tuple(largeRequest)), weight: 1 },
);

/** All that an attack writes. */
export const bytesOf = (its: Attack): string =>
  its.kind === 'requests' ? its.requests.map(writeRequest).join('') : its.bytes;
