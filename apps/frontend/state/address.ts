const parameter = 'table';

/** Returns the table that an address names, `undefined` for the counts. */
export const tableOfAddress = (address: string): string | undefined => {
  const name = new URL(address).searchParams.get(parameter);
  return name === null || name === '' || name === 'count' ? undefined : name;
};

/** Returns the address with another table, `undefined` for the counts. Keeps the rest. */
export const addressWithTable = (address: string, table: string | undefined): string => {
  const url = new URL(address);
  if (table === undefined) url.searchParams.delete(parameter);
  else url.searchParams.set(parameter, table);
  return url.href;
};
