import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { findChromium } from './find-chromium.ts';
import { startLocalSluice } from './local-sluice.ts';

// `npm run bench:console -- --minutes 10`: measures the CPU time and memory of the console in its
// browser at 10,000 counts a second.

const perSecond = 10_000;
const postEveryMs = 100;
const sampleEveryMs = 10_000;
const warmUpMs = 15_000;

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error('--minutes must be a number above 0');

const sluice = await startLocalSluice();
const browser = await chromium.launch({ executablePath: findChromium() });
const say = (text: string) => process.stdout.write(`${text}\n`);

/** Reads the resident memory of a process in MB; NaN if the system does not report it. */
const residentMb = (pid: number): number => {
  try {
    const [, kb = 'NaN'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kb) / 1024;
  } catch {
    return Number.NaN;
  }
};

const measure = async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(sluice.address);
  const ofPage = await page.context().newCDPSession(page);
  const ofBrowser = await browser.newBrowserCDPSession();
  await ofPage.send('Performance.enable');
  await pause(warmUpMs);

  const sample = async () => {
    const { processInfo } = await ofBrowser.send('SystemInfo.getProcessInfo');
    const at = performance.now();
    // The forced garbage collection is not the page's own work, so it runs after the CPU time is
    // read.
    const renderers = processInfo.filter(({ type }) => type === 'renderer');
    const busiest = renderers.toSorted((a, b) => b.cpuTime - a.cpuTime)[0];
    await ofPage.send('HeapProfiler.collectGarbage');
    const after = await ofBrowser.send('SystemInfo.getProcessInfo');
    const collected = after.processInfo.find(({ id }) => id === busiest?.id)?.cpuTime ?? 0;
    const { metrics } = await ofPage.send('Performance.getMetrics');
    const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? Number.NaN;
    return {
      at,
      pageSeconds: busiest?.cpuTime ?? 0,
      collectedSeconds: collected - (busiest?.cpuTime ?? 0),
      allSeconds: processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0),
      heapMb: metric('JSHeapUsedSize') / 2 ** 20,
      nodes: metric('Nodes'),
      rssMb: residentMb(busiest?.id ?? 0),
    };
  };
  type Sample = Awaited<ReturnType<typeof sample>>;
  const share = (from: Sample, to: Sample, seconds: (one: Sample) => number) =>
    ((100_000 * (seconds(to) - seconds(from) - from.collectedSeconds)) / (to.at - from.at)).toFixed(1);

  const first = await sample();
  let last = first;
  let collected = 0;
  say('minute   page CPU %   all of Chromium %   heap MB   DOM nodes   resident MB');
  while (last.at - first.at < minutes * 60_000) {
    await pause(sampleEveryMs);
    const next = await sample();
    collected += last.collectedSeconds;
    say(
      [
        ((next.at - first.at) / 60_000).toFixed(2).padStart(6),
        share(last, next, (one) => one.pageSeconds).padStart(12),
        share(last, next, (one) => one.allSeconds).padStart(19),
        next.heapMb.toFixed(2).padStart(9),
        String(next.nodes).padStart(11),
        next.rssMb.toFixed(0).padStart(13),
      ].join(''),
    );
    last = next;
  }
  const spent = last.pageSeconds - first.pageSeconds - collected;
  say(
    `\nAll in all the page took ${((100_000 * spent) / (last.at - first.at)).toFixed(1)} % of one core; ` +
      `its heap went from ${first.heapMb.toFixed(2)} to ${last.heapMb.toFixed(2)} MB.`,
  );
};

let sent = 0;
let refused = 0;
let value = Math.floor(Date.now() / 1000);
const startedAt = performance.now();
const load = setInterval(() => {
  // Catches up after a late timer.
  const due = Math.floor((perSecond * (performance.now() - startedAt)) / 1000) - sent;
  if (due <= 0) return;
  const size = Math.min(due, 10_000);
  sent += size;
  void sluice.post(Array.from({ length: size }, () => (value += 1))).catch(() => {
    refused += size;
  });
}, postEveryMs);

try {
  await measure();
  const seconds = (performance.now() - startedAt) / 1000;
  say(`${Math.round((sent - refused) / seconds)} counts a second were acknowledged, ${refused} refused.`);
} finally {
  clearInterval(load);
  await browser.close();
  await sluice.stop();
}
