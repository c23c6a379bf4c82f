import type { EventLink } from '../requests/event-stream.ts';
import type { QueueState } from '../requests/reads.ts';
import { formatCount, formatDuration } from './format.ts';
import { Section, type GateState } from './section.tsx';

type PictureProps = {
  readonly link: EventLink;
  readonly hosts: readonly string[];
  readonly count: { readonly rows_count: number } | null | undefined;
  /** The newest count or row, for the note about the database. */
  readonly newest: string;
  readonly newestHint: string;
  readonly queue: QueueState | null | undefined;
  readonly perSecond: number | null;
};

// Row counts of more characters than this use a smaller font, so that they fit on one line.
const longFrom = 10;
const longerFrom = 14;

/** The data flow from left to right, with its figures. */
export const Picture = ({ link, hosts, count, newest, newestHint, queue, perSecond }: PictureProps) => {
  const rows = formatCount(count?.rows_count);
  const gate = gateOf(link, count, queue);
  return (
    <section className="picture" aria-label="Data flow">
      <dl className="figures">
        <div className="figure of-producers">
          <dt>Producer hosts</dt>
          <dd>
            <span className="number">{hosts.length === 0 ? formatCount(null) : formatCount(hosts.length)}</span>
            <span className="note" title={hosts.join(', ')}>
              {hosts.length === 0 ? 'none seen' : hosts.join(', ')}
            </span>
          </dd>
        </div>
        <div className="figure of-queue" data-tone={queue === null ? 'trouble' : undefined}>
          <dt>Queue</dt>
          <dd>
            <span className="number">{formatCount(queue?.waiting_batches)}</span>
            <span className="note">{describeQueue(queue)}</span>
          </dd>
        </div>
        <div className="figure of-gate" data-tone={gate === 'shut' ? 'trouble' : undefined}>
          <dt>{describeConsumers(queue)}</dt>
          <dd>
            <span className="number">{formatCount(perSecond)}</span>
            <span className="note">recorded per second</span>
          </dd>
        </div>
        <div className="figure of-ledger" data-tone={count === null ? 'trouble' : undefined}>
          <dt>Database</dt>
          <dd>
            <span className="number" data-length={lengthOf(rows)} data-figure="rows">
              {rows}
            </span>
            <span className="note" title={newestHint}>
              {describeLedger(count, newest)}
            </span>
          </dd>
        </div>
      </dl>
      <Section
        hosts={hosts.length}
        waiting={queue?.waiting_batches ?? null}
        perSecond={perSecond ?? 0}
        gate={gate}
        isLedgerAway={count === null}
      />
    </section>
  );
};

const gateOf = (link: EventLink, count: PictureProps['count'], queue: PictureProps['queue']): GateState => {
  if (link !== 'live' || queue === undefined || count === undefined) return 'unknown';
  if (queue === null || count === null || queue.consumers === 0) return 'shut';
  return queue.paused ? 'paused' : 'open';
};

const lengthOf = (text: string): 'short' | 'long' | 'longer' => {
  if (text.length > longerFrom) return 'longer';
  return text.length > longFrom ? 'long' : 'short';
};

const describeQueue = (queue: PictureProps['queue']): string => {
  if (queue === undefined) return 'batches waiting';
  if (queue === null) return 'unavailable';
  const waiting = queue.waiting_batches === 1 ? 'batch waiting' : 'batches waiting';
  const oldest = queue.waiting_batches === 0 ? '' : ` · oldest ${formatDuration(queue.oldest_age_ms)}`;
  const dead =
    queue.dead_letters === 0
      ? ''
      : ` · ${formatCount(queue.dead_letters)} dead ${queue.dead_letters === 1 ? 'letter' : 'letters'}`;
  return waiting + oldest + dead;
};

const describeConsumers = (queue: PictureProps['queue']): string => {
  if (queue === undefined || queue === null) return 'Consumers';
  if (queue.paused) return 'Consumers paused';
  if (queue.consumers === 0) return 'No consumer';
  return queue.consumers === 1 ? '1 consumer' : `${formatCount(queue.consumers)} consumers`;
};

const describeLedger = (count: PictureProps['count'], newest: string): string => {
  if (count === undefined) return 'rows recorded';
  if (count === null) return 'unavailable';
  const rows = count.rows_count === 1 ? 'row recorded' : 'rows recorded';
  return count.rows_count === 0 ? rows : `${rows} · newest ${newest}`;
};
