/** The acknowledged counts after kills, compared with the table. */
export type Outcome = {
  readonly acknowledged: number;
  /** Not recorded, and nowhere else either. */
  readonly lost: number;
  readonly twice: number;
  /** Given up, and kept for the operators. */
  readonly parked: number;
  /** Still in the queue when the peer no longer made progress. */
  readonly waiting: number;
};

/** Formats what was lost and recorded twice, and what is given up or still in the queue. */
export const formatOutcome = ({ lost, twice, parked, waiting }: Outcome): string =>
  [
    `${lost} lost, ${twice} twice`,
    ...(parked > 0 ? [`${parked} parked`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
  ].join(', ');

/** Throws unless each acknowledged count is recorded once. */
export const assertHarmless = (outcome: Outcome): void => {
  const { lost, twice, parked, waiting } = outcome;
  if (lost + twice + parked + waiting > 0) throw new Error(`Sluice after kill -9: ${formatOutcome(outcome)}`);
};
