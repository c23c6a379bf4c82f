import type { LedgerConnection } from './connection/connection.ts';

/** True if MySQL answers within `deadlineMs`. */
export const isLedgerUp = async (ledger: LedgerConnection, deadlineMs: number): Promise<boolean> => {
  try {
    await ledger.run((connection) => connection.ping(), deadlineMs);
    return true;
  } catch {
    return false;
  }
};
