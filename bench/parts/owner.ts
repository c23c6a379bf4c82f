/** The owner of temporary resources, which ends them. Compatible with the fixtures of the tests. */
export type Owner = { readonly after: (clean: () => unknown) => void };

/**
 * Runs `work`, then ends what it started under its owner, in reverse order, even if it failed.
 * Resources that abandoned work starts later are ended at once.
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
  // oxlint-disable-next-line no-await-in-loop -- later resources may need earlier ones
  for (const clean of cleanups.toReversed()) await end(clean);
  if (outcome.status === 'rejected') throw outcome.reason;
  if (faults.length > 0) throw new AggregateError(faults, 'Not all that was started could be ended');
  return outcome.value;
};
