-- The rules of declared tables that a set-up began, each with the checksum of its table before. The repeat of a set-up that was killed sees by it that the statement ran.
CREATE TABLE IF NOT EXISTS begun_rules (
  name VARCHAR(255) NOT NULL,
  checksum CHAR(64) NOT NULL,
  table_checksum CHAR(64) NOT NULL,
  PRIMARY KEY (name)
) ENGINE = InnoDB
