import { escapeControls } from '@sluice/runtime/logging/escape-controls.ts';

/** A log line, with its time in milliseconds since 1970 and its stream (`api/api/TASK`). */
export type LogEvent = { readonly timestamp: number; readonly stream: string; readonly message: string };

/**
 * Formats a log line: its time, container, task and message, without terminal control characters.
 */
export const toLogLine = ({ timestamp, stream, message }: LogEvent): string => {
  const [, container = stream, task = ''] = stream.split('/');
  return escapeControls(`${new Date(timestamp).toISOString()}  ${container} ${task.slice(0, 8)}  ${message.trimEnd()}`);
};

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Parses a duration like `10m` into milliseconds. Undefined for malformed durations. */
export const toMilliseconds = (text: string): number | undefined => {
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const unitMs = units[unit];
  return unitMs === undefined ? undefined : Number(amount) * unitMs;
};
