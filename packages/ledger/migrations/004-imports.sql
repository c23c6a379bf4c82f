-- The dumps that were imported, by the SHA-256 of the file, so that none is imported twice.
CREATE TABLE IF NOT EXISTS imports (
  checksum BINARY(32) NOT NULL,
  rows_count BIGINT UNSIGNED NOT NULL,
  imported_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (checksum)
) ENGINE = InnoDB
