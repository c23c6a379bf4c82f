-- The id of this database, one row. The queue in Redis belongs to one id, so that two databases never share its counts.
CREATE TABLE IF NOT EXISTS identity (
  only_row TINYINT UNSIGNED NOT NULL,
  database_id BINARY(16) NOT NULL,
  PRIMARY KEY (only_row)
) ENGINE = InnoDB
