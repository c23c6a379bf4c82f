import type { Console } from '../state/console.ts';
import { Burst } from './burst.tsx';
import { Get } from './get.tsx';
import { PostSection } from './post-section.tsx';
import { Post } from './post.tsx';

type ActionsProps = {
  readonly sluice: Console;
  readonly token: string;
  /** True if the page already asks for the token, for reads. */
  readonly isLocked: boolean;
};

/** The actions: POST, a burst of POSTs, GET. */
export const Actions = ({ sluice, token, isLocked }: ActionsProps) => (
  <PostSection title="Try it" sluice={sluice} token={token} isLocked={isLocked}>
    {(onTokenNeeded) => (
      <>
        <Post sluice={sluice} token={token} onTokenNeeded={onTokenNeeded} />
        <Burst sluice={sluice} token={token} onTokenNeeded={onTokenNeeded} />
        <Get sluice={sluice} />
      </>
    )}
  </PostSection>
);
