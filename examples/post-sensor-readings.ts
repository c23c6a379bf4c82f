// Posts a day of readings of three sensors as JSON: `node tools/run.mjs examples/post-sensor-readings.ts [ADDRESS]`.

const [address = 'http://127.0.0.1:5080'] = process.argv.slice(2);
const sensors = ['roof-1', 'cellar-1', 'office-2'];

for (const [number, sensor] of sensors.entries()) {
  const rows = Array.from({ length: 288 }, (_, index) => ({
    sensor,
    celsius: (12 + number * 4 + 5 * Math.sin(index / 45)).toFixed(2),
    measured_at: new Date(performance.timeOrigin - index * 300_000).toISOString(),
    is_calibrated: index % 100 !== 0,
  }));
  const response = await fetch(`${address}/tables/sensor_reading/rows`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(rows),
  });
  console.log(sensor, response.status, await response.text());
  if (!response.ok) process.exitCode = 1;
}
