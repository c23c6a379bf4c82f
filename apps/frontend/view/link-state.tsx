import type { EventLink } from '../requests/event-stream.ts';
import { formatClock } from './format.ts';

const words: Record<EventLink, string> = {
  connecting: 'Connecting',
  live: 'Live',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
  locked: 'Token required',
  unreadable: 'Unreadable',
};

/** The state of the connection, and since when the data is stale. */
export const LinkState = ({ link, heardAt }: { readonly link: EventLink; readonly heardAt: number | undefined }) => (
  <p className="link" data-link={link} role="status" aria-label="Connection">
    <span className="link-mark" aria-hidden="true" />
    <span>{words[link]}</span>
    {link !== 'live' && heardAt !== undefined && (
      <span className="link-since">{` · stale since ${formatClock(heardAt)}`}</span>
    )}
  </p>
);
