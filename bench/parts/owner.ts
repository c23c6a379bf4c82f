/** Who ends what was started for a while. Fits what the fixtures of the tests take. */
export type Owner = { readonly after: (clean: () => unknown) => void };

/** Does `work`; whatever it started under its owner is ended when it is done or has failed, what came last first. */
export const withOwner = async <T>(work: (owner: Owner) => Promise<T>): Promise<T> => {
  const cleanups: (() => unknown)[] = [];
  const [outcome] = await Promise.allSettled([work({ after: (clean) => cleanups.push(clean) })]);
  const faults: unknown[] = [];
  for (const clean of cleanups.toReversed()) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- what came last may need what came first
      await clean();
    } catch (error) {
      faults.push(error);
    }
  }
  if (outcome.status === 'rejected') throw outcome.reason;
  if (faults.length > 0) throw new AggregateError(faults, 'Not all that was started could be ended');
  return outcome.value;
};
