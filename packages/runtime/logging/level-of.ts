import { isDefect } from '@sluice/contract/defect.ts';

/**
 * Returns the level at which a step that will be retried logs its error: `warn` for an outage,
 * `error` for a defect.
 */
export const levelOf = (error: unknown): 'warn' | 'error' => (isDefect(error) ? 'error' : 'warn');
