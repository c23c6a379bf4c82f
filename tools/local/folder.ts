import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const repository = fileURLToPath(new URL('../../', import.meta.url));

/** Where `npm start` keeps its data: `SLUICE_DIR`, or `.sluice` in the repository. */
export const dataFolder = (): string => resolve(process.env['SLUICE_DIR'] ?? `${repository}/.sluice`);
