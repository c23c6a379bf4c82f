// A release that no longer declares its table. The migrations still have it.

export const tables = [];
