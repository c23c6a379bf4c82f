-- Which were the coldest hours?
SELECT sensor, DATE_FORMAT(MIN(measured_at), '%Y-%m-%d %H:00') AS hour, ROUND(AVG(celsius), 2) AS celsius
FROM sensor_reading
WHERE is_calibrated
GROUP BY sensor, DATE(measured_at), HOUR(measured_at)
ORDER BY celsius
LIMIT 3
