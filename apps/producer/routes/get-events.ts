import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { isDefect } from '@sluice/contract/defect.ts';
import { routes } from '@sluice/contract/routes.ts';
import type { FastifyInstance } from 'fastify';
import { bearerTokenOf, type TokenGuard } from '../http/bearer-token.ts';
import type { BodyLimits } from '../body/collect-body.ts';
import { createEventFeed } from './event-feed.ts';
import { createFairShares } from '../limits/fair-shares.ts';
import { answerProblem } from '../http/problem-answer.ts';
import { totalBody, type GetCountDependencies } from './get-count.ts';
import { queueBody, type GetQueueDependencies } from './get-queue.ts';
import type { ReadyDependencies } from './ready.ts';

const maxListeners = 500;
// About three minutes of unread events, in addition to the buffers of the system.
const maxWaitingBytes = 65_536;
const checkTokenEveryMs = 60_000;

const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Turns off buffering in nginx, and in proxies that support the same header.
  'x-accel-buffering': 'no',
} as const;

type GetEventsDependencies = GetCountDependencies &
  GetQueueDependencies &
  Pick<ReadyDependencies, 'readFindings'> & { readonly tokenGuard?: TokenGuard | undefined };

/**
 * Adds a stream of one event per second. In an event, `null` stands for what is unavailable.
 * Streams end when the server closes. Where reads need a token, they also end within a minute after
 * the token is removed from the list.
 */
export const addGetEvents = (
  server: FastifyInstance,
  { hostname, readTotal, readQueueState, readFindings, tokenGuard }: GetEventsDependencies,
  { clientOf }: Pick<BodyLimits, 'clientOf'>,
): void => {
  const orNull = async <T>(read: () => Promise<T>): Promise<T | null> => {
    try {
      return await read();
    } catch (error) {
      // The event goes out without this part. GET /count and GET /queue log outages, but nothing
      // else logs a defect.
      if (isDefect(error)) server.logger.error({ err: error }, 'could not read the state for an event');
      else server.logger.debug({ err: error }, 'could not read the state for an event');
      return null;
    }
  };
  const feed = createEventFeed({
    read: async () => {
      let readAtMs = 0;
      const readTimedTotal = async () => {
        const total = await readTotal();
        readAtMs = performance.now();
        return total;
      };
      const [total, state] = await Promise.all([orNull(readTimedTotal), orNull(readQueueState)]);
      return {
        monotonic_ms: Math.round(total === null ? performance.now() : readAtMs),
        count: total === null ? null : totalBody(total, hostname),
        queue: state === null ? null : queueBody(state),
        findings: readFindings(),
      };
    },
    maxWaitingBytes,
  });
  const listeners = createFairShares(maxListeners);
  server.addHook('preClose', (done) => {
    feed.close();
    done();
  });

  server.get(routes.getEvents.path, (request, reply) => {
    const { raw } = reply;
    let isListening: boolean | undefined;
    const share = listeners.take(clientOf(request.raw), 1, () => {
      if (isListening === true) raw.end();
      isListening = false;
    });
    if (isListening === false) {
      return answerProblem(reply, {
        status: 503,
        code: 'too_many_listeners',
        detail: `This producer has ${maxListeners} listeners, its maximum. Try again later, or poll GET /count and GET /queue.`,
      });
    }
    reply.headers(headers);
    raw.once('close', share.release);
    if (request.method === 'HEAD') return reply.send();
    isListening = true;
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
    feed.add(raw.writeHead(200));
    endWithClient(raw, request.raw.socket);
    if (tokenGuard?.tokensFor === 'all') endWithToken(raw, bearerTokenOf(request.headers), tokenGuard);
    return reply;
  });
};

/**
 * Ends a stream when its client closes its own side. The server allows a half-closed connection so
 * that a client still gets its answers (linger.ts). A stream has no last answer, so only a failed
 * write would end it.
 */
const endWithClient = (stream: ServerResponse, socket: Socket): void => {
  const end = () => stream.end();
  if (socket.readableEnded) end();
  else socket.once('end', end);
  stream.once('close', () => socket.off('end', end));
};

/** Ends a stream when its token becomes invalid. A token that cannot be checked counts as valid. */
const endWithToken = (stream: ServerResponse, token: string | undefined, { isTokenValid }: TokenGuard): void => {
  const check = async () => {
    const isValid = token !== undefined && (await isTokenValid(token).catch(() => true));
    if (!isValid) stream.end();
  };
  const timer = setInterval(() => void check(), checkTokenEveryMs);
  stream.once('close', () => clearInterval(timer));
};
