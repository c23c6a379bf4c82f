import { useSyncExternalStore } from 'react';
import type { Console } from '../state/console.ts';
import { evaluate } from '../state/evaluate.ts';
import { Actions } from '../actions/actions.tsx';
import { Charts } from './charts.tsx';
import { LinkState } from './link-state.tsx';
import { Picture } from './picture.tsx';
import { Rows } from './rows.tsx';
import { Status } from './status.tsx';
import { Token } from '../actions/token.tsx';
import { Warnings } from './warnings.tsx';

export const App = ({ sluice }: { readonly sluice: Console }) => {
  const snapshot = useSyncExternalStore(sluice.subscribe, sluice.read);
  const { link, token, heardAt, count, queue, perSecond, history, rows, hosts } = snapshot;
  const isStale = link !== 'live' && heardAt !== undefined;
  return (
    <>
      <header className="top">
        <h1>Sluice</h1>
        <LinkState link={link} heardAt={heardAt} />
      </header>
      <main data-stale={isStale}>
        <Status verdict={evaluate(snapshot)}>
          {link === 'locked' && <Token isRefused={snapshot.isTokenRefused} onToken={sluice.setToken} />}
        </Status>
        <Picture link={link} hosts={hosts} count={count} queue={queue} perSecond={perSecond} />
        <Warnings findings={snapshot.findings} />
        <div className="columns">
          <Charts history={history} />
          <div className="side">
            <Actions sluice={sluice} token={token} isLocked={link === 'locked'} />
            <Rows rows={rows} isAway={count === null} />
          </div>
        </div>
      </main>
      <footer>
        <a href="api/docs">API</a>
        <a href="api/openapi.json">openapi.json</a>
      </footer>
    </>
  );
};
