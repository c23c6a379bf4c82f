import { escapeControls } from '@sluice/runtime/logging/escape-controls.ts';
import { prettyFactory } from 'pino-pretty';

type Record = { readonly level?: unknown; readonly err?: unknown; readonly code?: unknown; readonly reason?: unknown };

/**
 * Creates the formatter of a service's log for a person. It takes a line and returns the text, which
 * may have several lines. A fatal error that says its reason shows only that, a retried failure its
 * message, a crash its stack. Text that is no record stays as it is.
 */
export const createReadable = (colorize: boolean): ((line: string) => string) => {
  const pretty = prettyFactory({ colorize, ignore: 'service', translateTime: 'SYS:HH:MM:ss', singleLine: true });
  return (line) => {
    const record = readRecord(line);
    if (record === undefined) return line;
    const { err, ...rest } = record;
    if (rest.level === 'fatal' && typeof rest.reason === 'string') return formatReason(rest.code, rest.reason);
    const isRetried = rest.level === 'warn' && typeof err === 'object' && err !== null && 'message' in err;
    return pretty(isRetried ? { ...rest, reason: err.message } : record)?.trimEnd() ?? line;
  };
};

const readRecord = (line: string): Record | undefined => {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null ? record : undefined;
  } catch {
    return undefined;
  }
};

const formatReason = (code: unknown, reason: string): string =>
  `${String(code)}: ${reason}`
    .split('\n')
    .map((line) => escapeControls(line))
    .join('\n');
