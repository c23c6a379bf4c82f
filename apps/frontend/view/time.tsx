import { formatClockWithMs, formatDay, unknownFigure } from './format.ts';

/** A time in ISO 8601, with its date above it. `null` is unknown. */
export const Time = ({ iso }: { readonly iso: string | null }) =>
  iso === null ? (
    <span>{unknownFigure}</span>
  ) : (
    <time dateTime={iso}>
      <span className="day">{formatDay(iso)}</span>
      <span>{formatClockWithMs(iso)}</span>
    </time>
  );
