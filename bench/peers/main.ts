import { parseArgs } from 'node:util';
import { compileServices } from '@sluice/local/compile-services.ts';
import { startLoad } from '../parts/load.ts';
import { withOwner } from '../parts/owner.ts';
import { minutesSoFar, runCommand, say } from '../parts/run-command.ts';
import { startServers } from '../parts/servers.ts';
import { startServer } from '../parts/service.ts';
import { formatAligned } from '../report/aligned-table.ts';
import { describeRun } from '../report/machine.ts';
import { writePeers } from '../report/table.ts';
import { checkPeers } from './check-peers.ts';
import { compare } from './compare.ts';
import { assertHarmless } from './outcome.ts';
import { peers } from './peers.ts';
import { provide } from './provide.ts';
import { formatTables } from './report/tables.ts';
import { formatTargets } from './report/targets.ts';

// `npm run bench:peers [-- --rounds 5] [-- --quick] [-- ids]` compares Sluice with what its users
// would pick instead. A missed target is not a failure. A count that Sluice loses is one.

// A run of fewer rounds, or of some peers, is not written to the document.
const writtenRounds = 5;
const sliceMs = 2_000;

const ids = peers.map(({ id }) => id);

/** Parses the command line. Throws at an unknown option or a bad value. */
const readWish = () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: 'boolean', default: false }, rounds: { type: 'string', default: String(writtenRounds) } },
  });
  const rounds = Number(values.rounds);
  if (!(Number.isInteger(rounds) && rounds >= 1 && rounds <= 100)) {
    throw new Error('--rounds takes a whole number from 1 to 100');
  }
  const unknown = positionals.filter((id) => !ids.includes(id));
  if (unknown.length > 0)
    throw new Error(`There is no peer called ${unknown.join(', ')}. There are: ${ids.join(', ')}`);
  // Sluice is part of every comparison.
  const chosen = peers.filter(({ id }, index) => index === 0 || positionals.length === 0 || positionals.includes(id));
  return { chosen, rounds, isQuick: values.quick };
};

await runCommand(async (unlessStopped) => {
  const { chosen, rounds, isQuick } = readWish();
  await withOwner(async (owner) => {
    const { provided, versions } = await unlessStopped(provide(chosen, isQuick, say));
    const servers = await unlessStopped(startServers(owner, say, () => undefined));
    await unlessStopped(compileServices());
    if (isQuick) return unlessStopped(checkPeers(servers, provided, say));

    const { port: noopPort } = await unlessStopped(startServer(owner, ['bench/noop-server/main.ts']));
    const about = await describeRun(servers);
    const round = { servers, load: startLoad(owner, say), noopPort, sliceMs };
    const comparison = await unlessStopped(compare(round, provided, { rounds, say }));
    const duration = `Run: ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, ${minutesSoFar()} minutes in all`;
    const run = [
      [...about, duration].map((line) => `- ${line}`).join('\n'),
      formatAligned(['', 'version'], versions),
      formatTargets(comparison),
      formatTables(comparison),
    ].join('\n\n');
    console.log(`\n${run}`);
    if (rounds >= writtenRounds && chosen.length === peers.length) {
      writePeers(run);
      console.log('\nWritten to docs/peers.md');
    }
    for (const outcome of Object.values(comparison.results[0].outcomes)) assertHarmless(outcome);
  });
});
