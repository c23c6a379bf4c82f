/** The owner of temporary resources, which ends them. Compatible with the fixtures of the tests. */
export type Owner = { readonly after: (clean: () => unknown) => void };

/**
 * Runs `work`, then ends what it started under its owner, in reverse order, even if it failed.
 * Resources that abandoned work starts later are ended at once.
 */
export const withOwner = async <T>(work: (owner: Owner) => Promise<T>): Promise<T> => {
  await using stack = new AsyncDisposableStack();
  return await work({
    after: (clean) => void (stack.disposed ? clean() : stack.defer(async () => void (await clean()))),
  });
};
