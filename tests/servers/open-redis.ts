import { createClient } from '@redis/client';
import type { Owner } from './test-file.ts';

type Login = { readonly username?: string | undefined; readonly password?: string | undefined };

/**
 * Opens a client that reads and changes Redis independently of the code under test. It is closed
 * when the owner ends.
 */
export const openRedis = async (
  owner: Owner,
  { host, port, username, password }: { readonly host: string; readonly port: number } & Login,
) => {
  const login = { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
  const admin = createClient({ socket: { host, port }, ...login });
  // Tests kill servers, so a lost connection is no error of the client.
  admin.on('error', () => undefined);
  await admin.connect();
  owner.after(() => admin.destroy());
  return admin;
};
