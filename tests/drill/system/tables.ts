import { tablesFile } from '@sluice/test-servers/tables.ts';

/** The declared tables of the system, and their file. The load fills the first two. */
export { tablesFile };
export const tables = ['page_view', 'sensor_reading', 'vote'] as const;
