import { readFileSync } from 'node:fs';
import { readEnvironment } from '@sluice/local/environment-note.ts';
import { dataFolder } from '@sluice/local/folder.ts';
import { createConnection, type RowDataPacket } from 'mysql2/promise';

// Runs a query on the MySQL of `npm start`: `node tools/run.mjs examples/ask.ts examples/page-views-by-path.sql`.

const [file] = process.argv.slice(2);
const { DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = {
  ...readEnvironment(dataFolder(), process.env),
  ...process.env,
};
if (file === undefined || DB_HOST === undefined) {
  console.error('Usage: node tools/run.mjs examples/ask.ts FILE.sql, while npm start runs');
  process.exit(2);
}
const connection = await createConnection({
  host: DB_HOST,
  port: Number(DB_PORT ?? 3306),
  ...(DB_USER === undefined ? {} : { user: DB_USER }),
  ...(DB_PASSWORD === undefined ? {} : { password: DB_PASSWORD }),
  database: DB_NAME ?? 'count',
  dateStrings: true,
});
const [rows] = await connection.query<RowDataPacket[]>(readFileSync(file, 'utf8'));
console.table(rows);
await connection.end();
