import { useSyncExternalStore } from 'react';
import type { Console, Snapshot } from '../state/console.ts';
import { deadLettersCommand, evaluate, evaluateTable } from '../state/evaluate.ts';
import { Actions } from '../actions/actions.tsx';
import { Charts } from './charts.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { formatCount } from './format.ts';
import { LinkState } from './link-state.tsx';
import { Picture } from './picture.tsx';
import { Rows } from './rows.tsx';
import { Status } from './status.tsx';
import { TableChoice } from './table-choice.tsx';
import { TableParts } from './table-parts.tsx';
import { Token } from '../actions/token.tsx';
import { Warnings } from './warnings.tsx';

export const App = ({ sluice }: { readonly sluice: Console }) => {
  const snapshot = useSyncExternalStore(sluice.subscribe, sluice.read);
  const { link, heardAt, tables, table } = snapshot;
  const isStale = link !== 'live' && heardAt !== undefined;
  // Without declared tables, the page shows the counts under any address.
  const isOfTable = table !== undefined && tables?.length !== 0;
  const verdict = isOfTable ? evaluateTable(snapshot) : evaluate(snapshot);
  return (
    <>
      <header className="top">
        <h1>Sluice</h1>
        <LinkState link={link} heardAt={heardAt} />
        <TableChoice tables={tables} table={table} onChoose={sluice.choose} />
      </header>
      <main data-stale={isStale}>
        <Status verdict={verdict}>
          {link === 'locked' && <Token isRefused={snapshot.isTokenRefused} onToken={sluice.setToken} />}
        </Status>
        {isOfTable ? (
          <OfTable sluice={sluice} snapshot={snapshot} isListed={verdict.command === deadLettersCommand} />
        ) : (
          <OfCounts sluice={sluice} snapshot={snapshot} />
        )}
      </main>
      <footer>
        <a href="api/docs">API</a>
        <a href="api/openapi.json">openapi.json</a>
      </footer>
    </>
  );
};

type PartProps = { readonly sluice: Console; readonly snapshot: Snapshot };

const OfCounts = ({ sluice, snapshot }: PartProps) => {
  const { link, token, count, queue, perSecond, history, rows, hosts } = snapshot;
  return (
    <>
      <Picture
        link={link}
        hosts={hosts}
        count={count}
        newest={formatCount(count?.latest_value)}
        newestHint={newestHintOf('count')}
        queue={queue}
        perSecond={perSecond}
      />
      <Warnings findings={snapshot.findings} />
      <div className="columns">
        <Charts history={history} />
        <div className="side">
          <Actions sluice={sluice} token={token} isLocked={link === 'locked'} />
          <Rows rows={rows} isAway={count === null} />
        </div>
      </div>
    </>
  );
};

/** `isListed`: true if the status already has the command that lists the dead letters. */
const OfTable = ({ sluice, snapshot, isListed }: PartProps & { readonly isListed: boolean }) => {
  const { link, hosts, tables, table, ofTable } = snapshot;
  // The status says that there is no such table.
  if (tables?.every((declared) => declared.table !== table) === true) return null;
  const { total, queue, perSecond, history } = ofTable;
  return (
    <>
      <Picture
        link={link}
        hosts={hosts}
        count={total}
        newest={`id ${total?.latest_row?.id ?? ''}`}
        newestHint={newestHintOf('row')}
        queue={queue}
        perSecond={perSecond}
      />
      {!isListed && <DeadLetters number={queue?.dead_letters ?? 0} />}
      <Warnings findings={snapshot.findings} />
      <div className="columns of-table">
        <Charts history={history} />
        <TableParts sluice={sluice} snapshot={snapshot} />
      </div>
    </>
  );
};

const newestHintOf = (item: 'count' | 'row'): string =>
  `The newest ${item} is the one with the highest id. Consumers record batches concurrently, so after an outage it may not be the last one posted.`;
