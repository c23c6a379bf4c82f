-- The number of rows of each declared table, in slots like `totals`.
CREATE TABLE IF NOT EXISTS table_totals (
  table_name VARCHAR(64) CHARACTER SET ascii NOT NULL,
  slot TINYINT UNSIGNED NOT NULL,
  rows_count BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (table_name, slot)
) ENGINE = InnoDB
