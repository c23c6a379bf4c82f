const forgottenAfterMs = 60_000;

/**
 * Records in `seen` that `host` answered (`undefined`: none did). Returns the sorted hosts of the
 * last minute. Returns `before` itself if they are unchanged.
 */
export const seeHost = (
  seen: Map<string, number>,
  before: readonly string[],
  host: string | undefined,
  nowMs: number,
): readonly string[] => {
  if (host !== undefined) seen.set(host, nowMs);
  for (const [name, at] of seen) if (nowMs - at > forgottenAfterMs) seen.delete(name);
  const after = [...seen.keys()].toSorted();
  return after.join('\n') === before.join('\n') ? before : after;
};
