-- The ids of recorded batches, kept long enough that a batch delivered again is known. The primary key decides.
CREATE TABLE IF NOT EXISTS inbox (
  batch_id BINARY(16) NOT NULL,
  expires_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (batch_id),
  KEY expires_at (expires_at)
) ENGINE = InnoDB
