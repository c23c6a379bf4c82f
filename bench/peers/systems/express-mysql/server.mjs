import express from 'express';
import { createPool } from 'mysql2/promise';

const { PORT, DB_HOST, DB_PORT, DB_USER, DB_PASSWORD, DB_NAME } = process.env;

const pool = createPool({
  host: DB_HOST,
  port: Number(DB_PORT),
  user: DB_USER,
  password: DB_PASSWORD,
  database: DB_NAME,
});
const app = express();
app.use(express.json());

app.post('/count', async (request, response) => {
  const { count } = request.body;
  if (!Number.isInteger(count)) {
    response.status(400).json({ message: 'count must be an integer' });
    return;
  }
  await pool.execute('INSERT INTO `count` (count_value) VALUES (?)', [count]);
  response.status(201).json({ message: 'Value recorded', value: count });
});

app.listen(Number(PORT), '127.0.0.1');
