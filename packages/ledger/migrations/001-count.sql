-- The counts. The highest id is the latest value; ids have gaps, so they say nothing about how many there are.
CREATE TABLE IF NOT EXISTS `count` (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  count_value BIGINT NOT NULL,
  recorded_at TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  PRIMARY KEY (id)
) ENGINE = InnoDB
