import type { Attack } from './attacks.ts';
import { bytesOf } from './attacks.ts';
import type { Books } from './books.ts';
import { findBreach, methodsOf } from './contract.ts';
import { judge, pathOf, type Judgement } from './judge.ts';
import { print } from './print.ts';
import { writeRequest, type HostileRequest } from './requests/request.ts';
import { openWire, SilenceError, type Answer, type Wire } from './requests/wire.ts';

/**
 * An attacker that runs attacks one after the other. It throws when an answer violates the
 * contract.
 */
export type Attacker = {
  readonly run: (attack: Attack) => Promise<void>;
  /** Returns the number of requests sent. */
  readonly sent: () => number;
  /** The number of answers with each status. */
  readonly statuses: ReadonlyMap<number, number>;
  readonly close: () => void;
};

// No server is unavailable during the attacks, so a 503 is correct only after a deadline.
const shortestDeadlineMs = 800;
// The time in ms that a spoiled request may seem incomplete before the attacker ends its side of
// the connection.
const quietMs = 300;

/**
 * Creates an attacker with one connection. It replaces the connection when the producer closes it.
 */
export const createAttacker = (port: number, books: Books): Attacker => {
  const statuses = new Map<number, number>();
  let sent = 0;
  let kept: Wire | undefined;
  let last = '';

  const note = ({ status }: Answer) => statuses.set(status, (statuses.get(status) ?? 0) + 1);

  const use = async (): Promise<Wire> => {
    if (kept?.isOpen() !== true) {
      kept?.drop();
      kept = await openWire(port);
    }
    return kept;
  };

  const exchange = async (requests: readonly HostileRequest[]) => {
    const judged = requests.map((request) => ({ request, judgement: judge(request) }));
    const wire = await use();
    for (const { request, judgement } of judged) books.sending(writeRequest(request), judgement.counts, judgement.key);
    const startedAt = performance.now();
    wire.write(requests.map(writeRequest).join(''));
    let isEnded = false;
    for (const [index, { request, judgement }] of judged.entries()) {
      // oxlint-disable-next-line no-await-in-loop -- answers come in the order of the requests
      const answer = isEnded ? 'ended' : await wire.read(request.method);
      if (answer === 'ended') {
        if (index === 0) throw new Error('The connection ended without an answer');
        // Requests after one that ends the connection may have been read, but are not answered.
        isEnded = true;
        books.doubt(judgement.counts);
        continue;
      }
      note(answer);
      settle(request, judgement, answer, performance.now() - startedAt);
      if (answer.headers.get('connection') === 'close') isEnded = true;
    }
    if (isEnded) wire.drop();
  };

  const settle = (request: HostileRequest, judgement: Judgement, answer: Answer, tookMs: number) => {
    const { method, target } = request;
    const { counts, key } = judgement;
    const found = pathOf(target);
    const path = found !== undefined && methodsOf(found) !== undefined ? found : undefined;
    const breach = findBreach({ method, path, isNoHttp: judgement.isNoHttp }, answer);
    if (breach !== undefined) throw new Error(`${breach}: ${show(answer)}`);
    if (answer.status === 503 && tookMs > shortestDeadlineMs) return books.doubt(counts);
    if (answer.status === 422 && key !== undefined && books.isReused(key, counts)) return undefined;
    if (!judgement.statuses.includes(answer.status)) {
      throw new Error(`It deserves ${judgement.statuses.join(' or ')} and got ${show(answer)}`);
    }
    if (answer.status !== 201) return undefined;
    const wrong = findWrongReceipt(answer, counts, found ?? '') ?? books.acknowledge(counts, key);
    if (wrong !== undefined) throw new Error(wrong);
    return undefined;
  };

  /**
   * Reads all answers to bytes that may be no request or several, until the producer closes the
   * connection.
   */
  const readAll = async (wire: Wire): Promise<Answer[]> => {
    const answers: Answer[] = [];
    // oxlint-disable no-await-in-loop -- one answer after the other
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
    // oxlint-enable no-await-in-loop
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
    books.sending(bytes, [hidden]);
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
        // oxlint-disable-next-line no-await-in-loop -- one answer after the other
        answer = await wire.read('POST');
      }
    });
  };

  const breakOff = (bytes: string, count: number, isDropped: boolean) => {
    books.sending(bytes, [count]);
    return onOwnWire(bytes, async (wire) => {
      if (isDropped) return;
      wire.finish();
      for (const answer of await readAll(wire)) assertProblem(answer);
    });
  };

  const spoil = (bytes: string, count: number) => {
    books.sending(bytes, [count]);
    return onOwnWire(bytes, async (wire) => {
      const answers = await readAll(wire);
      const receipts = answers.filter(({ status }) => status === 201);
      for (const answer of answers.filter(({ status }) => status >= 400)) assertProblem(answer);
      if (receipts.length > 1) throw new Error('It was acknowledged more than once');
      const wrong = receipts.map((answer) => findWrongReceipt(answer, [count], '/count') ?? books.acknowledge([count]));
      if (wrong[0] !== undefined) throw new Error(wrong[0]);
      // Without an answer, the request may have been read when the attacker gave up.
      if (answers.length === 0) books.doubt([count]);
    });
  };

  const run = async (attack: Attack) => {
    const isFirst = attack.kind !== 'requests' || kept?.isOpen() !== true;
    sent += attack.kind === 'requests' ? attack.requests.length : 1;
    try {
      switch (attack.kind) {
        case 'requests':
          await exchange(attack.requests);
          last = bytesOf(attack);
          return undefined;
        case 'smuggling':
          return await smuggle(attack.bytes, attack.hidden);
        case 'cut':
          return await breakOff(attack.bytes, attack.count, attack.isDropped);
        case 'spoiled':
          return await spoil(attack.bytes, attack.count);
      }
    } catch (error) {
      kept?.drop();
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(isFirst ? message : `${message}\nbefore on this connection: ${print(last)}`, { cause: error });
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
const findWrongReceipt = ({ body }: Answer, counts: readonly number[], path: string): string | undefined => {
  const [, said] = /"(?:value|accepted)":(-?\d+)/.exec(body) ?? [];
  const isRight = Number(said) === (path === '/count' ? counts[0] : counts.length);
  return isRight ? undefined : `It acknowledges something else: ${body}`;
};

const show = ({ status, headers, body }: Answer): string =>
  [status, ...[...headers].map(([name, value]) => `${name}: ${value}`), print(body)].join('\n  ');
