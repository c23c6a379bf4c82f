import * as fc from 'fast-check';
import type { LedgerModel } from './ledger-model.ts';
import { findBreach, methodsOf, placesOf } from './contract.ts';
import { evaluate, pathOf, type Judgement } from './oracle.ts';
import { cut, spoiledHead, type Cut, type Spoiled } from './requests/broken.ts';
import { writeRequest, type FuzzRequest } from './requests/request.ts';
import { largeRequest, request } from './requests/requests.ts';
import { smuggling, type Smuggling } from './requests/smuggling.ts';
import { openWire, SilenceError, type Answer, type Wire } from './requests/wire.ts';

/** One attack on the producer. */
type Attack = { readonly kind: 'requests'; readonly requests: readonly FuzzRequest[] } | Smuggling | Cut | Spoiled;

const requests = (its: fc.Arbitrary<readonly FuzzRequest[]>): fc.Arbitrary<Attack> =>
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

// No server is unavailable during the attacks, so a 503 is correct only after a deadline.
const shortestDeadlineMs = 800;
// The time in ms that a spoiled request may seem incomplete before the attacker ends its side of
// the connection.
const quietMs = 300;

/**
 * Creates an attacker with one connection, which runs one attack after the other. It replaces the
 * connection when the producer closes it, and throws when an answer violates the contract.
 */
export const createAttacker = (port: number, model: LedgerModel) => {
  const statuses = new Map<number, number>();
  let sent = 0;
  let kept: Wire | undefined;

  const note = ({ status }: Answer) => statuses.set(status, (statuses.get(status) ?? 0) + 1);

  const use = async (): Promise<Wire> => {
    if (kept?.isOpen() !== true) {
      kept?.drop();
      kept = await openWire(port);
    }
    return kept;
  };

  const exchange = async (all: readonly FuzzRequest[]) => {
    const evaluated = all.map((one) => ({ request: one, judgement: evaluate(one) }));
    const wire = await use();
    for (const { request: one, judgement } of evaluated)
      model.sending(writeRequest(one), judgement.items, judgement.key);
    const startedAt = performance.now();
    wire.write(all.map(writeRequest).join(''));
    let isEnded = false;
    for (const [index, { request: one, judgement }] of evaluated.entries()) {
      const answer = isEnded ? 'ended' : await wire.read(one.method);
      if (answer === 'ended') {
        if (index === 0) throw new Error('The connection ended without an answer');
        // Requests after one that ends the connection may have been read, but are not answered.
        isEnded = true;
        model.doubt(judgement.items);
        continue;
      }
      note(answer);
      settle(one, judgement, answer, performance.now() - startedAt);
      if (answer.headers.get('connection') === 'close') isEnded = true;
    }
    if (isEnded) wire.drop();
  };

  const settle = ({ method, target }: FuzzRequest, judgement: Judgement, answer: Answer, tookMs: number) => {
    const { items, key, faults } = judgement;
    const found = pathOf(target);
    const path = found !== undefined && methodsOf(found) !== undefined ? found : undefined;
    const breach = findBreach({ method, path, isNoHttp: judgement.isNoHttp }, answer);
    if (breach !== undefined) throw new Error(`${breach}: ${show(answer)}`);
    if (answer.status === 503 && tookMs > shortestDeadlineMs) return model.doubt(items);
    if (answer.status === 422 && key !== undefined && model.isReused(key, items)) return undefined;
    if (!judgement.statuses.includes(answer.status)) {
      throw new Error(`It deserves ${judgement.statuses.join(' or ')} and got ${show(answer)}`);
    }
    const unnamed = answer.status === 400 && faults !== undefined ? findWrongPlaces(answer, faults) : undefined;
    if (unnamed !== undefined) throw new Error(`${unnamed}: ${show(answer)}`);
    if (answer.status !== 201) return undefined;
    const wrong = findWrongReceipt(answer, items, found ?? '') ?? model.acknowledge(items, key);
    if (wrong !== undefined) throw new Error(wrong);
    return undefined;
  };

  /**
   * Reads all answers to bytes that may be no request or several, until the producer closes the
   * connection.
   */
  const readAll = async (wire: Wire): Promise<Answer[]> => {
    const answers: Answer[] = [];
    for (;;) {
      let answer;
      try {
        answer = await wire.read('GET', quietMs);
      } catch (error) {
        if (!(error instanceof SilenceError)) throw error;
        wire.finish();
        answer = await wire.read('GET');
      }
      if (answer === 'ended') return answers;
      note(answer);
      answers.push(answer);
    }
  };

  const onOwnWire = async (bytes: string, read: (wire: Wire) => Promise<void>) => {
    const wire = await openWire(port);
    wire.write(bytes);
    try {
      await read(wire);
    } finally {
      wire.drop();
    }
  };

  const smuggle = (bytes: string, hidden: number) => {
    model.sending(bytes, [String(hidden)]);
    return onOwnWire(bytes, async (wire) => {
      let answer = await wire.read('POST');
      if (answer === 'ended') throw new Error('The connection ended without an answer');
      // Bytes after the outer request may be refused as well. A hidden request would be
      // acknowledged.
      while (answer !== 'ended') {
        note(answer);
        assertProblem(answer);
        // The connection stays open after a body that was read completely.
        if (answer.headers.get('connection') !== 'close') wire.finish();
        answer = await wire.read('POST');
      }
    });
  };

  const breakOff = (bytes: string, count: number, isDropped: boolean) => {
    model.sending(bytes, [String(count)]);
    return onOwnWire(bytes, async (wire) => {
      if (isDropped) return;
      wire.finish();
      for (const answer of await readAll(wire)) assertProblem(answer);
    });
  };

  const spoil = (bytes: string, count: number) => {
    model.sending(bytes, [String(count)]);
    return onOwnWire(bytes, async (wire) => {
      const answers = await readAll(wire);
      const receipts = answers.filter(({ status }) => status === 201);
      for (const answer of answers.filter(({ status }) => status >= 400)) assertProblem(answer);
      if (receipts.length > 1) throw new Error('It was acknowledged more than once');
      const wrong = receipts.map(
        (answer) => findWrongReceipt(answer, [String(count)], '/count') ?? model.acknowledge([String(count)]),
      );
      if (wrong[0] !== undefined) throw new Error(wrong[0]);
      // Without an answer, the request may have been read when the attacker gave up.
      if (answers.length === 0) model.doubt([String(count)]);
    });
  };

  const run = (its: Attack): Promise<void> => {
    sent += its.kind === 'requests' ? its.requests.length : 1;
    switch (its.kind) {
      case 'requests':
        return exchange(its.requests);
      case 'smuggling':
        return smuggle(its.bytes, its.hidden);
      case 'cut':
        return breakOff(its.bytes, its.count, its.isDropped);
      case 'spoiled':
        return spoil(its.bytes, its.count);
    }
  };

  return { run, sent: () => sent, statuses, close: () => kept?.drop() };
};

const assertProblem = (answer: Answer) => {
  const { status } = answer;
  const breach = findBreach({ method: 'POST', path: '/count', isNoHttp: true }, answer);
  if (breach === undefined && status >= 400 && status < 500) return;
  // The bytes may no longer be a request for this path.
  if (breach !== undefined && findBreach({ method: 'POST', path: undefined, isNoHttp: true }, answer) === undefined)
    return;
  throw new Error(`${breach ?? 'it was taken'}: ${show(answer)}`);
};

/** Describes how a 201 differs from the request, or returns `undefined` when it matches. */
const findWrongReceipt = ({ body }: Answer, items: readonly string[], path: string): string | undefined => {
  const [, said] = /"(?:value|accepted)":(-?\d+)/.exec(body) ?? [];
  const isRight = Number(said) === (path === '/count' ? Number(items[0]) : items.length);
  return isRight ? undefined : `It acknowledges something else: ${body}`;
};

const maxNamed = 20;

/** Describes how the places that a 400 names differ from those at fault, or returns `undefined`. */
const findWrongPlaces = (answer: Answer, { places, count = 1 }: NonNullable<Judgement['faults']>) => {
  if (places === undefined) return undefined;
  const named = placesOf(answer);
  const isRight = named.every((place) => places.includes(place));
  return isRight && named.length >= Math.min(count, maxNamed)
    ? undefined
    : `It should name ${places.slice(0, maxNamed).join(' ')}`;
};

const show = ({ status, headers, body }: Answer): string =>
  [status, ...[...headers].map(([name, value]) => `${name}: ${value}`), JSON.stringify(body)].join('\n  ');
