/** A time without an acknowledgement, in ms since the start of the load. */
export type Outage = { readonly from: number; readonly to: number };

const minMs = 1_000;

/** Returns the times of at least a second in which no request was acknowledged, until `endedAt`. */
export const findOutages = (acknowledgedAt: readonly number[], endedAt: number): Outage[] =>
  [...acknowledgedAt, endedAt]
    .map((to, index) => ({ from: acknowledgedAt[index - 1] ?? 0, to }))
    .filter(({ from, to }) => to - from >= minMs);
