// MySQL and MariaDB: the value cannot be stored in its column, or a rule of the table forbids the
// row. Each depends on the values of the row: a client could hold up the table with another. By
// number: the SQLSTATE of some is that of faults which pass.
const refusals = new Set([
  1048, // a column cannot be null
  1062, // duplicate entry for a key
  1118, // the row is too large
  1264, // out of range
  1265, // data truncated
  1365, // division by zero
  1292, // incorrect value of its type
  1366, // incorrect value of its type, or of its character set
  1367, // illegal value
  1406, // data too long
  1411, // incorrect value for a function of a generated column
  1416, // a generated column gets no geometry
  1441, // a date of a generated column is out of range
  1452, // a FOREIGN KEY has no such row
  1526, // no partition of the table takes the row
  1644, // a trigger refuses the row (SIGNAL)
  1690, // an expression of a CHECK is out of range
  1977, // a character that a character set does not have (MariaDB)
  3140, // invalid JSON text
  3141, // invalid JSON text of an argument
  3151, // a name of JSON is too long
  3156, // invalid JSON value for a cast
  3157, // JSON is too deep
  3616, // a longitude is out of range
  3617, // a latitude is out of range
  3666, // JSON_TABLE found no value of its column's type
  3699, // a regular expression of a CHECK takes too long
  3751, // a functional index cuts a value off
  3752, // a value is out of range for a functional index
  3819, // a CHECK is violated
  3903, // invalid JSON value for a functional index
  3904, // a JSON value is out of range for a functional index
  3907, // data too long for a functional index
  3908, // a functional index has no place for a list or an object
  4025, // a CONSTRAINT is violated (MariaDB)
  4037, // unexpected end of JSON (MariaDB)
  4038, // syntax error in JSON (MariaDB)
  4178, // JSON_TABLE found no value of its column's type (MariaDB)
  6527, // a date of a generated column is out of range (MySQL 9)
]);

/**
 * True for an error of rows that MySQL would refuse each time. Any other error is one of the
 * database, which ends or is repaired: the rows of the table wait. One that is the same for every
 * row, such as a column without a default (1364), would make dead letters of all.
 */
export const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'errno' in error && typeof error.errno === 'number' && refusals.has(error.errno);
