// Below what a process may keep unnoticed, above how much its memory varies by itself.
const mayGrowBytes = 33_554_432;
const everyMs = 10_000;

/**
 * Returns the memory of a burst to the system. V8 collects garbage when it needs room, and after a
 * burst it needs none for minutes. Needs Node's argument `--expose-gc`; without it this does
 * nothing.
 */
export const giveMemoryBack = ({ memoryUsage }: Pick<NodeJS.Process, 'memoryUsage'>): void => {
  const { gc: collect } = globalThis;
  if (collect === undefined) return;
  let least = memoryUsage.rss();

  const look = async () => {
    const resident = memoryUsage.rss();
    least = Math.min(least, resident);
    if (resident - least < mayGrowBytes) return;
    await collect({ type: 'major', execution: 'async' });
    least = memoryUsage.rss();
  };

  setInterval(() => void look(), everyMs).unref();
};
