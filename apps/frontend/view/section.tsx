import { memo, useEffect, useRef } from 'react';
import { formatCount } from './format.ts';

/** The state of the gate: `shut` means trouble, `paused` is an operator's choice. */
export type GateState = 'unknown' | 'open' | 'paused' | 'shut';

type SectionProps = {
  readonly hosts: number;
  /** `null` if unknown. */
  readonly waiting: number | null;
  readonly perSecond: number;
  readonly gate: GateState;
  readonly isLedgerAway: boolean;
};

// All lengths are in units of the drawing, which is 1200 wide. y grows downwards.
const reservoir = { left: 236, right: 640, lip: 66, floor: 214 };
const pool = { left: 800, right: 1184, surface: 236, floor: 290 };
const gateLeft = 640;
const gateWidth = 14;
const maxHosts = 6;
// The value that fills the reservoir or opens the gate fully.
const fullAt = 1_000_000;
const marks = [10, 1_000, 100_000];

// A CSS animation would style and paint the page sixty times a second.
const stepEveryMs = 125;
const stepLength = 6;
const dashLength = 24;

/** Animates the flow in a drawing, in steps, unless the user prefers reduced motion. */
const useFlow = (isFlowing: boolean) => {
  const drawing = useRef<SVGSVGElement>(null);
  useEffect(() => {
    if (!isFlowing || matchMedia('(prefers-reduced-motion: reduce)').matches) return undefined;
    let offset = 0;
    const timer = setInterval(() => {
      offset = (offset + stepLength) % dashLength;
      drawing.current?.style.setProperty('--flow', String(-offset));
    }, stepEveryMs);
    return () => clearInterval(timer);
  }, [isFlowing]);
  return drawing;
};

/**
 * Maps a value to 0 to 1 on a logarithmic scale, so that both one batch and a million are visible.
 */
const fractionOf = (value: number): number => Math.min(1, Math.log10(1 + Math.max(0, value)) / Math.log10(1 + fullAt));

const depthOf = (fraction: number): number => fraction * (reservoir.floor - reservoir.lip - 10);

/**
 * The pipeline in cross-section: spouts, reservoir, gate and pool. The figures next to it say the
 * same in words.
 */
export const Section = memo(({ hosts, waiting, perSecond, gate, isLedgerAway }: SectionProps) => {
  const isFlowing = gate === 'open' && perSecond > 0;
  const drawing = useFlow(isFlowing);
  const depth = waiting === null ? 0 : Math.max(4, depthOf(fractionOf(waiting)));
  const opening = gate === 'open' ? 16 + 34 * fractionOf(perSecond) : 0;
  const sheet = isFlowing ? 4 + 22 * fractionOf(perSecond) : 0;
  return (
    <svg
      ref={drawing}
      className="section"
      viewBox="0 0 1200 300"
      aria-hidden="true"
      data-gate={gate}
      data-flowing={isFlowing}
    >
      <Spouts hosts={hosts} isFlowing={isFlowing} />
      <rect
        className="water level"
        x={reservoir.left}
        y={reservoir.floor - depth}
        width={reservoir.right - reservoir.left}
        height={depth}
      />
      <rect
        className="surface"
        x={reservoir.left}
        y={reservoir.floor - depth}
        width={reservoir.right - reservoir.left}
        height="2"
      />
      <rect
        className={isLedgerAway ? 'pool away' : 'pool'}
        x={pool.left}
        y={pool.surface}
        width={pool.right - pool.left}
        height={pool.floor - pool.surface}
      />
      {!isLedgerAway &&
        [18, 36].map((y) => <path key={y} className="ruling" d={`M${pool.left} ${pool.surface + y}H${pool.right}`} />)}
      {isFlowing && <Outflow sheet={sheet} />}
      <Ground />
      <Gauge />
      <Gate opening={opening} />
    </svg>
  );
});

/** Spouts, one per host, over the channel that leads to the reservoir. */
const Spouts = ({ hosts, isFlowing }: { readonly hosts: number; readonly isFlowing: boolean }) => {
  const shown = Math.min(hosts, maxHosts);
  return (
    <g className="spouts">
      {Array.from({ length: shown }, (_, index) => {
        const x = 24 + index * 34;
        return (
          <g key={index}>
            <rect className="host" x={x - 9} y="14" width="18" height="18" rx="3" />
            <path className="stream" d={`M${x} 36V${channelAt(x) - 1}`} />
            {isFlowing && <path className="motion" d={`M${x} 36V${channelAt(x) - 1}`} />}
          </g>
        );
      })}
      <path className="channel-water" d={`M4 ${channelAt(4) - 2}L236 ${channelAt(236) - 2}`} />
      {isFlowing && <path className="motion" d={`M4 ${channelAt(4) - 2}L236 ${channelAt(236) - 2}`} />}
    </g>
  );
};

const channelAt = (x: number): number => 84 + x * 0.05;

/** Water that flows under the gate, over the apron and down into the pool. */
const Outflow = ({ sheet }: { readonly sheet: number }) => {
  const start = gateLeft + gateWidth;
  const top = reservoir.floor - sheet;
  const edge = pool.left - 26;
  const falls = pool.left + 6 + sheet * 1.6;
  return (
    <g className="outflow">
      <path
        className="water"
        d={`M${gateLeft} ${reservoir.floor}V${top}H${edge}Q${falls} ${top + 2} ${falls} ${pool.surface + 2}H${pool.left}Q${pool.left - 2} ${reservoir.floor + 4} ${edge} ${reservoir.floor}Z`}
      />
      <path
        className="motion"
        d={`M${start} ${top + sheet / 2}H${edge}Q${pool.left + sheet * 0.8} ${top + sheet / 2} ${pool.left + 3 + sheet * 0.8} ${pool.surface}`}
      />
    </g>
  );
};

/** The bed under the water: one line, and the earth below it. */
const Ground = () => {
  const bed = `M0 ${channelAt(0)}L${reservoir.left} ${channelAt(reservoir.left)}V${reservoir.floor}H${pool.left - 26}Q${pool.left} ${reservoir.floor + 2} ${pool.left} ${pool.surface}V${pool.floor}H${pool.right}V196H1200`;
  return (
    <>
      <path className="earth" d={`${bed}V300H0Z`} />
      <path className="bed" d={bed} />
    </>
  );
};

/** A scale of waiting batches, at the wall of the reservoir. */
const Gauge = () => (
  <g className="gauge">
    {marks.map((mark) => {
      const y = reservoir.floor - depthOf(fractionOf(mark));
      return (
        <g key={mark}>
          <path d={`M${reservoir.left} ${y}h10`} />
          <text x={reservoir.left + 16} y={y + 4}>
            {formatCount(mark)}
          </text>
        </g>
      );
    })}
  </g>
);

/** The gate. Its frame is fixed, and its plate rises with the flow. */
const Gate = ({ opening }: { readonly opening: number }) => (
  <g className="gate">
    <path
      className="frame"
      d={`M${gateLeft - 5} ${reservoir.floor}V18H${gateLeft + gateWidth + 5}V${reservoir.floor}`}
    />
    <rect className="plate" x={gateLeft} y={64 - opening} width={gateWidth} height={reservoir.floor - 64} />
    <path className="rod" d={`M${gateLeft + gateWidth / 2} ${64 - opening}V6`} />
    <circle className="wheel" cx={gateLeft + gateWidth / 2} cy="10" r="6" />
  </g>
);
