import type { TestContext } from 'node:test';
import type { Breakpoints, Step } from './breakpoint.ts';
import { createStepProxy, forEachPacket } from './step-proxy.ts';

// Packet layout: MySQL's client/server protocol, "Protocol Basics" and "COM_QUERY".
const headerBytes = 4;
const queryCommand = 3;
const transactionStart = 'START TRANSACTION; ';
const okHeader = 0;
const moreResultsFollow = 8;

const stepsAfter: Readonly<Record<string, Step>> = {
  'START TRANSACTION': 'BEGIN',
  'INSERT INTO inbox': 'INSERT inbox',
  'INSERT INTO `count`': 'INSERT count',
  'INSERT INTO totals': 'INSERT totals',
  'INSERT INTO table_totals': 'INSERT table_totals',
  'SET @recorded': 'SET recorded',
  // Any other table, by its quotation mark.
  'INSERT INTO `': 'INSERT rows',
};

/**
 * Starts a proxy to MySQL. It splits a recording transaction into statements and sends them one by
 * one, so the breakpoints can stop the transaction between two. It supports neither TLS nor compression.
 */
export const createMysqlSteps = (test: TestContext, targetPort: number, breakpoints: Breakpoints): Promise<number> =>
  createStepProxy(test, targetPort, (client, server) => {
    let onReply: ((packet: Buffer) => void) | undefined;

    const ask = (command: Buffer, statement: string): Promise<Buffer> => {
      const reply = new Promise<Buffer>((resolve) => {
        onReply = resolve;
      });
      server.write(toPacket(0, Buffer.concat([command, Buffer.from(statement)])));
      return reply;
    };

    const runTransaction = async (command: Buffer, text: string) => {
      const statements = text.split('; ');
      await breakpoints.pass('transaction sent', text, client);
      for (const [index, statement] of statements.entries()) {
        const isLast = index === statements.length - 1;
        const asking = ask(command, statement);
        if (isLast) await breakpoints.pass('COMMIT sent', text, client);
        const reply = (await asking).subarray(headerBytes);
        const isOk = reply[0] === okHeader;
        const step = Object.entries(stepsAfter).find(([start]) => statement.startsWith(start))?.[1];
        if (step !== undefined && isOk) await breakpoints.pass(step, text, client);
        client.write(toPacket(index + 1, isOk && !isLast ? withMoreToCome(reply) : reply));
        if (!isOk) break;
      }
      onReply = undefined;
    };

    forEachPacket(client, packetLength, async (packet) => {
      // Before the text there are query attributes, if both sides support them.
      const begin = packet[headerBytes] === queryCommand ? packet.indexOf(transactionStart, headerBytes) : -1;
      if (begin < 0) server.write(packet);
      else await runTransaction(packet.subarray(headerBytes, begin), packet.toString('utf8', begin));
    });
    forEachPacket(server, packetLength, async (packet) => {
      if (onReply === undefined) client.write(packet);
      else onReply(packet);
    });
  });

const packetLength = (bytes: Buffer): number | undefined =>
  bytes.length < headerBytes ? undefined : headerBytes + bytes.readUIntLE(0, 3);

const toPacket = (sequence: number, payload: Buffer): Buffer => {
  const header = Buffer.alloc(headerBytes);
  header.writeUIntLE(payload.length, 0, 3);
  header.writeUInt8(sequence, 3);
  return Buffer.concat([header, payload]);
};

/**
 * Sets the status flag "more results follow" in an OK packet. The packet has a header, two
 * length-encoded integers, then the status.
 */
const withMoreToCome = (reply: Buffer): Buffer => {
  const changed = Buffer.from(reply);
  const first = 1 + encodedLength(changed, 1);
  const status = first + encodedLength(changed, first);
  changed.writeUInt16LE(changed.readUInt16LE(status) | moreResultsFollow, status);
  return changed;
};

const encodedLength = (bytes: Buffer, at: number): number => {
  const lengths: Readonly<Record<number, number>> = { 0xfc: 3, 0xfd: 4, 0xfe: 9 };
  return lengths[bytes[at] ?? 0] ?? 1;
};
