const forgottenAfterMs = 60_000;

/**
 * Notes in `seen` that `host` answered (`undefined`: nobody did) and answers with the hosts of the last minute, in order: `before` itself
 * where they are still the same.
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
