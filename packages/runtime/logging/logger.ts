import { pino, stdTimeFunctions, type Logger } from 'pino';
import { escapeControls } from './escape-controls.ts';

export type { Logger };

/**
 * Creates a logger of JSON lines on standard output: a constant `msg`, the data in fields. Text
 * from outside cannot control a terminal that shows the lines.
 */
export const createLogger = (service: string, level: string): Logger =>
  pino({
    level,
    base: { service },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    // JSON itself escapes C0 only.
    hooks: { streamWrite: (line) => `${escapeControls(line.trimEnd())}\n` },
  });
