-- The number of rows of `count`, as the sum of a few slots: a consumer adds to one, so consumers do not wait for each other.
CREATE TABLE IF NOT EXISTS totals (
  slot TINYINT UNSIGNED NOT NULL,
  rows_count BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (slot)
) ENGINE = InnoDB
