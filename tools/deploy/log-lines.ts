import { escapeControls } from '@sluice/runtime/logging/escape-controls.ts';

/** A line of a log, by its time in milliseconds since 1970 and the stream that it is in (`api/api/TASK`). */
export type LogEvent = { readonly timestamp: number; readonly stream: string; readonly message: string };

/** A line as it is shown: when, by which container of which task, and what, without control of the terminal. */
export const toLogLine = ({ timestamp, stream, message }: LogEvent): string => {
  const [, container = stream, task = ''] = stream.split('/');
  return escapeControls(`${new Date(timestamp).toISOString()}  ${container} ${task.slice(0, 8)}  ${message.trimEnd()}`);
};

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** How long `10m` is in milliseconds; undefined where it is no time. */
export const toMilliseconds = (text: string): number | undefined => {
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const unitMs = units[unit];
  return unitMs === undefined ? undefined : Number(amount) * unitMs;
};
