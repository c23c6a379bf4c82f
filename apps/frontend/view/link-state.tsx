import type { Link } from '../state/console.ts';
import { formatClock } from './format.ts';

const words: Record<Link, string> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
  locked: 'Token needed',
};

/** Whether what is shown is of this second, or since when it is not. */
export const LinkState = ({ link, heardAt }: { readonly link: Link; readonly heardAt: number | undefined }) => (
  <p className="link" data-link={link} role="status" aria-label="Connection">
    <span className="link-mark" aria-hidden="true" />
    {words[link]}
    {link !== 'live' && heardAt !== undefined && (
      <span className="link-since"> · stale since {formatClock(heardAt)}</span>
    )}
  </p>
);
