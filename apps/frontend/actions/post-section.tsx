import { useState, type ReactNode } from 'react';
import type { Console } from '../state/console.ts';

type PostSectionProps = {
  readonly title: string;
  readonly sluice: Console;
  readonly token: string;
  /** True if the page already asks for the token, for reads. */
  readonly isLocked: boolean;
  /** Creates the content. It calls `onTokenNeeded` when a POST was refused without a token. */
  readonly children: (onTokenNeeded: () => void) => ReactNode;
};

/** A section that posts. It asks for a bearer token once a POST needs one. */
export const PostSection = ({ title, sluice, token, isLocked, children }: PostSectionProps) => {
  const [needsToken, setNeedsToken] = useState(false);
  return (
    <section className="actions" aria-labelledby="actions-title">
      <h2 id="actions-title">{title}</h2>
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
      {children(() => setNeedsToken(true))}
    </section>
  );
};
