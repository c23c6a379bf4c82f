import { parseArgs } from 'node:util';
import { connectLedger } from '@sluice/ledger/connection/connection.ts';
import { readUndeclaredTables } from '@sluice/ledger/rows/undeclared-tables.ts';
import { connectRedis } from '@sluice/queue/redis/connect.ts';
import { readPartitions } from '@sluice/queue/admin/partition-registry.ts';
import { tablePartitionOf } from '@sluice/queue/partition.ts';
import { readConfigOrExit } from '@sluice/runtime/config/config.ts';
import { databaseSettingsOf, redisSettingsOf } from '@sluice/runtime/config/connections.ts';
import { loadTables, tableMigrationsFolderOf } from '@sluice/runtime/config/tables.ts';
import { escapeControls } from '@sluice/runtime/logging/escape-controls.ts';
import { storedTableOf } from '@sluice/table/stored-table.ts';
import { configSchema } from '../config.ts';
import { checkCommand, CommandError, type Terminal } from './command.ts';
import { runConsumersCommand } from './consumers.ts';
import { runDeadLettersCommand } from './dead-letters.ts';
import { runVerifyCommand } from './verify.ts';

// The operator's commands on queue and database, with the environment of a consumer. Exit codes: 0
// done, 1 not done or a problem found, 2 wrong usage.

const { positionals, values } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: { all: { type: 'boolean' }, after: { type: 'string' }, table: { type: 'string' } },
});
const [command, ...words] = positionals;
const terminal: Terminal = {
  say: (line) => process.stdout.write(`${escapeControls(line)}\n`),
  warn: (line) => process.stderr.write(`${escapeControls(line)}\n`),
};

for (const stream of [process.stdout, process.stderr]) {
  // Nobody reads the rest, as with `| head`. A command that changes something finishes it.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const run = async (): Promise<number> => {
  const { all, after, table: given } = values;
  checkCommand(positionals, given);
  const table = typeof given === 'string' ? given : undefined;
  const config = readConfigOrExit(process, String(command), configSchema);
  const declared = await loadTables(config.TABLES_FILE);
  if (command === 'verify') {
    const ledger = connectLedger(databaseSettingsOf(config));
    try {
      return await runVerifyCommand(
        ledger,
        declared.map(({ name }) => name),
        terminal,
      );
    } finally {
      await ledger.close();
    }
  }
  // The command itself reports failures.
  const connection = connectRedis(redisSettingsOf(config), () => undefined);
  try {
    const partitions = await readPartitions(connection, config.REDIS_QUEUE, (names) =>
      terminal.warn(`Ignoring ${names} invalid names in the partition registry.`),
    );
    const tables = declared.map(storedTableOf).map(({ name, columns }) => ({
      name,
      columns,
      partitions: partitions.map((partition) => tablePartitionOf(partition, name)),
    }));
    const undeclared = await readUndeclaredTables(tableMigrationsFolderOf(config.TABLES_FILE), declared);
    const queue = { connection, name: config.REDIS_QUEUE, partitions, tables, undeclared };
    if (command === 'consumers') {
      const ledger = connectLedger(databaseSettingsOf(config));
      try {
        return await runConsumersCommand(queue, ledger, words, table, terminal);
      } finally {
        await ledger.close();
      }
    }
    return await runDeadLettersCommand(queue, words, { all: all === true, after, table }, terminal);
  } finally {
    connection.close();
  }
};

try {
  process.exitCode = await run();
} catch (error) {
  if (error instanceof CommandError) {
    // The usage text comes from this program, so it needs no escaping.
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  } else {
    terminal.warn(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
