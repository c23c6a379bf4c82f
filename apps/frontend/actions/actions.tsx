import { useState } from 'react';
import type { Console } from '../state/console.ts';
import { Burst } from './burst.tsx';
import { Get } from './get.tsx';
import { Post } from './post.tsx';

type ActionsProps = {
  readonly sluice: Console;
  readonly token: string;
  /** True if the page already asks for the token, for reads. */
  readonly isLocked: boolean;
};

/** The actions: POST, a burst of POSTs, GET. */
export const Actions = ({ sluice, token, isLocked }: ActionsProps) => {
  const [needsToken, setNeedsToken] = useState(false);
  const parts = { sluice, token, onTokenNeeded: () => setNeedsToken(true) };
  return (
    <section className="actions" aria-labelledby="actions-title">
      <h2 id="actions-title">Try it</h2>
      {needsToken && !isLocked && (
        <p className="field">
          <label htmlFor="token">Bearer token</label>
          <input
            id="token"
            type="password"
            autoComplete="off"
            spellCheck={false}
            value={token}
            onChange={(event) => sluice.setToken(event.target.value)}
          />
        </p>
      )}
      <Post {...parts} />
      <Burst {...parts} />
      <Get sluice={sluice} />
    </section>
  );
};
