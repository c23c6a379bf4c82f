import { once } from 'node:events';
import { createServer } from '../node-http.ts';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from '@prometheus-io/client';
import { emfLines } from './emf.ts';
import { listenHost } from '../config/listen-host.ts';

/** The metrics of one process. Times are in seconds, the convention of Prometheus. */
export type Metrics = {
  readonly registry: Registry;
  readonly counter: <Label extends string = never>(
    name: string,
    help: string,
    labels?: readonly Label[],
  ) => Counter<Label>;
  /**
   * Creates a gauge. `read` is called whenever the metrics are published; without it, use `set`.
   */
  readonly gauge: (name: string, help: string, read?: () => number) => Gauge;
  /** Creates a gauge with labels. */
  readonly gaugeBy: <Label extends string>(name: string, help: string, labels: readonly Label[]) => Gauge<Label>;
  readonly histogram: (name: string, help: string, buckets: readonly number[]) => Histogram;
  /**
   * Keeps metrics out of CloudWatch, which charges for each. In its log lines they stay, and Logs
   * Insights reads them.
   */
  readonly logOnly: (...names: readonly string[]) => void;
  /** The names of these metrics. */
  readonly loggedOnly: ReadonlySet<string>;
};

const prefix = 'sluice_';
const nanosecondsPerSecond = 1e9;

/**
 * Creates the metrics of a service. They start with those of every process: the delay of its event
 * loop, and its memory.
 */
export const createMetrics = (process: NodeJS.Process, service: string): Metrics => {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  const registers = [registry];
  const loggedOnly = new Set<string>();
  const metrics: Metrics = {
    registry,
    counter: (name, help, labels = []) =>
      new Counter({ name: prefix + name, help, labelNames: [...labels], registers }),
    gauge: (name, help, read) =>
      new Gauge({
        name: prefix + name,
        help,
        registers,
        ...(read === undefined
          ? {}
          : {
              collect() {
                this.set(read());
              },
            }),
      }),
    gaugeBy: (name, help, labels) => new Gauge({ name: prefix + name, help, labelNames: [...labels], registers }),
    histogram: (name, help, buckets) => new Histogram({ name: prefix + name, help, buckets: [...buckets], registers }),
    loggedOnly,
    logOnly: (...names) => {
      for (const name of names) loggedOnly.add(prefix + name);
    },
  };
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  metrics.gauge('event_loop_delay_seconds', 'Maximum delay of the event loop since the last report', () => {
    const seconds = delay.max / nanosecondsPerSecond;
    delay.reset();
    return seconds;
  });
  metrics.gauge('resident_memory_bytes', 'Resident memory of the process', () => process.memoryUsage.rss());
  metrics.logOnly('resident_memory_bytes');
  return metrics;
};

type PublishConfig = {
  readonly METRICS: 'prometheus' | 'emf';
  readonly METRICS_NAMESPACE: string;
  readonly METRICS_PORT: number;
  readonly HTTP_ADDRESS: string;
};

const emfEveryMs = 30_000;

/**
 * Publishes metrics: on a port of their own for Prometheus, or as log lines in CloudWatch's
 * embedded metric format.
 */
export const publishMetrics = async (
  process: NodeJS.Process,
  metrics: Pick<Metrics, 'registry' | 'loggedOnly'>,
  { METRICS: mode, METRICS_NAMESPACE: namespace, METRICS_PORT: port, HTTP_ADDRESS: address }: PublishConfig,
): Promise<{ stop: () => Promise<void> }> => {
  if (mode === 'emf') {
    const collect = emfLines(metrics, namespace);
    const write = (line: string) => process.stdout.write(`${line}\n`);
    const timer = setInterval(() => void collect().then((lines) => lines.forEach(write)), emfEveryMs);
    timer.unref();
    return {
      stop: async () => {
        clearInterval(timer);
        for (const line of await collect()) write(line);
      },
    };
  }
  if (port === 0) return { stop: async () => undefined };
  const { registry } = metrics;
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    void registry.metrics().then((text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text));
  });
  server.listen(port, listenHost(address));
  await once(server, 'listening');
  return {
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
};
