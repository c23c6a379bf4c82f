import { rowBytesOf, type ColumnType } from './column-type.ts';
import type { Column } from './table.ts';

// InnoDB takes 1,017 columns, and the form of the console and a row's JSON far fewer.
const maxColumns = 200;
// The row of MySQL, 65,535 bytes, less id, recorded_at and the bits of the NULLs.
const maxRowBytes = 65_000;
// Half a page of InnoDB, less the head of the row, id and recorded_at.
const maxPageBytes = 8_126 - 32;

/** Returns what is wrong with the size of a table: its columns, its row, and its part of a page. */
export const faultsOfSize = (columns: readonly Column[]): string[] => {
  const faults: string[] = [];
  if (columns.length > maxColumns) {
    faults.push(`has ${columns.length} columns, more than ${maxColumns}; put some into one z.json()`);
  }
  const rowBytes = columns.reduce((sum, { type }) => sum + rowBytesOf(type), 0);
  if (rowBytes > maxRowBytes) {
    faults.push(
      `may have rows of ${rowBytes} bytes, and MySQL stores at most ${maxRowBytes}; shorten its texts (4 bytes a character), or declare long ones as z.json()`,
    );
  }
  const nullBytes = Math.ceil(columns.filter(({ isOptional }) => isOptional).length / 8);
  const pageBytes = columns.reduce((sum, { type }) => sum + pageBytesOf(type), nullBytes);
  if (pageBytes > maxPageBytes) {
    faults.push(
      `may need ${pageBytes} bytes of a page, and InnoDB has ${maxPageBytes} for a row; put some columns into one z.json(), or give texts of 11 to 63 characters more than 63 (a text then takes 41 bytes instead of 4 a character)`,
    );
  }
  return faults;
};

/**
 * Returns the maximum number of bytes that a column takes of a page. InnoDB stores the rest
 * elsewhere: MySQL that of values above 40 bytes, MariaDB only that of columns above 255 bytes.
 */
const pageBytesOf = (type: ColumnType): number => {
  const isSplit = type.kind === 'json' || (type.kind === 'text' && type.maxLength * 4 > 255);
  return isSplit ? 41 : rowBytesOf(type);
};
