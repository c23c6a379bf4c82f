import { isDefect } from '@sluice/contract/defect.ts';

/** The level at which a step that will be retried logs its error: an outage is a warning, a defect an error. */
export const levelOf = (error: unknown): 'warn' | 'error' => (isDefect(error) ? 'error' : 'warn');
