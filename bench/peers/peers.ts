import type { Peer } from './peer.ts';
import { bento } from './systems/bento/peer.ts';
import { bullmqBatched, bullmqSingle } from './systems/express-bullmq/peer.ts';
import { expressMysql } from './systems/express-mysql/peer.ts';
import { fastifyXadd } from './systems/fastify-xadd/peer.ts';
import { flaskAsDescribed, flaskOnGunicorn } from './systems/flask/peer.ts';
import { sluice } from './systems/sluice/peer.ts';
import { webdis } from './systems/webdis/peer.ts';

/** The peers in the order of the tables. Sluice is the first. */
export const peers: readonly [Peer, ...Peer[]] = [
  sluice,
  webdis,
  fastifyXadd,
  bullmqSingle,
  bullmqBatched,
  expressMysql,
  bento,
  flaskOnGunicorn,
  flaskAsDescribed,
];

/** The peers that are written in Node.js, as Sluice is. */
export const nodePeers: readonly Peer[] = [fastifyXadd, bullmqSingle, bullmqBatched, expressMysql];

/** BullMQ with each of its workers. */
export const bullmqPeers: readonly Peer[] = [bullmqSingle, bullmqBatched];
