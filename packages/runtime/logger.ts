import { pino, stdTimeFunctions, type Logger } from 'pino';

export type { Logger };

/** A logger of JSON lines on standard output: a constant `msg`, the data in fields. */
export const createLogger = (service: string, level: string): Logger =>
  pino({
    level,
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
