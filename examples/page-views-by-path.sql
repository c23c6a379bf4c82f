-- Which pages are read longest, and by how many visitors?
SELECT path, COUNT(*) AS views, COUNT(DISTINCT visitor) AS visitors, ROUND(AVG(duration_ms) / 1000, 1) AS seconds
FROM page_view
GROUP BY path
ORDER BY views DESC
