/** Who ends what was started for a while. Fits what the fixtures of the tests take. */
export type Owner = { readonly after: (clean: () => unknown) => void };

/** Does `work`; whatever it started under its owner is ended when it is done or has failed, what came last first. */
export const withOwner = async <T>(work: (owner: Owner) => Promise<T>): Promise<T> => {
  const cleanups: (() => unknown)[] = [];
  try {
    return await work({ after: (clean) => cleanups.push(clean) });
  } finally {
    // oxlint-disable-next-line no-await-in-loop -- what came last may need what came first
    for (const clean of cleanups.toReversed()) await clean();
  }
};
