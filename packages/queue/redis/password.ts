/** What a session begins with; without a password there is none. */
export type Credentials = { readonly username?: string | undefined; readonly password?: string | undefined };

/** Asks `credentials` on behalf of the client, and keeps what they were out of errors. */
export const guardPassword = (ask: () => Promise<Credentials>) => {
  let password: string | undefined;

  const credentials = async (): Promise<{ username?: string; password?: string }> => {
    const { username, ...given } = await ask();
    password = given.password;
    return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
  };

  /** The error itself, or one in its place that says the same without the password. */
  const conceal = (error: unknown): unknown => {
    if (!(error instanceof Error) || !password) return error;
    // A server that does not know the command of the handshake repeats its arguments, cut off somewhere.
    const message = error.message.replace(/,? with args beginning with.*/s, '').replaceAll(password, '[password]');
    return message === error.message ? error : new Error(message);
  };

  return { credentials, conceal };
};
