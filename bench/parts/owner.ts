/** Who ends what was started for a while. Fits what the fixtures of the tests take. */
export type Owner = { readonly after: (clean: () => unknown) => void };

/**
 * Does `work`; whatever it started under its owner is ended when it is done or has failed, what came last first. What work that was given up
 * starts later is ended at once.
 */
export const withOwner = async <T>(work: (owner: Owner) => Promise<T>): Promise<T> => {
  const cleanups: (() => unknown)[] = [];
  const faults: unknown[] = [];
  const end = async (clean: () => unknown) => {
    try {
      await clean();
    } catch (error) {
      faults.push(error);
    }
  };
  let hasEnded = false;
  const after: Owner['after'] = (clean) => {
    if (hasEnded) void end(clean);
    else cleanups.push(clean);
  };
  const [outcome] = await Promise.allSettled([work({ after })]);
  hasEnded = true;
  // oxlint-disable-next-line no-await-in-loop -- what came last may need what came first
  for (const clean of cleanups.toReversed()) await end(clean);
  if (outcome.status === 'rejected') throw outcome.reason;
  if (faults.length > 0) throw new AggregateError(faults, 'Not all that was started could be ended');
  return outcome.value;
};
