import { pageView } from './page-view.ts';
import { sensorReading } from './sensor-reading.ts';

/** The example tables: `TABLES_FILE=examples/index.ts npm start` runs Sluice with them. */
export const tables = [pageView, sensorReading];
