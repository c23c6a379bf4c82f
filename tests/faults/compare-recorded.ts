/** The differences between what was posted and what is recorded, as the numbers of the items. */
export type Differences = {
  /** Acknowledged, and not recorded. */
  readonly lost: readonly number[];
  /** Each further time that an item is recorded. */
  readonly twice: readonly number[];
  /** Recorded, and neither acknowledged nor of unknown outcome. */
  readonly invented: readonly number[];
};

/**
 * Compares the recorded items with those that were acknowledged and those that may be recorded,
 * once or never.
 */
export const compareRecorded = (
  recorded: readonly number[],
  acknowledged: Iterable<number>,
  unacknowledged: { readonly has: (item: number) => boolean },
): Differences => {
  const once = new Set<number>();
  const twice: number[] = [];
  for (const item of recorded) {
    if (once.has(item)) twice.push(item);
    once.add(item);
  }
  const mustBe = new Set(acknowledged);
  return {
    lost: [...mustBe].filter((item) => !once.has(item)),
    twice,
    invented: [...once].filter((item) => !mustBe.has(item) && !unacknowledged.has(item)),
  };
};
