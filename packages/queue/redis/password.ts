/** The login of a session. Without a password there is none. */
export type Credentials = { readonly username?: string | undefined; readonly password?: string | undefined };

/** Wraps `ask`, the source of the client's credentials, and keeps its password out of errors. */
export const guardPassword = (ask: () => Promise<Credentials>) => {
  let password: string | undefined;

  const credentials = async (): Promise<{ username?: string; password?: string }> => {
    const { username, ...given } = await ask();
    password = given.password;
    return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
  };

  /** Returns the error itself, or one with the same message without the password. */
  const conceal = (error: unknown): unknown => {
    if (!(error instanceof Error) || !password) return error;
    // A server that does not know the handshake command repeats its arguments, truncated.
    const message = error.message.replace(/,? with args beginning with.*/s, '').replaceAll(password, '[password]');
    return message === error.message ? error : new Error(message);
  };

  return { credentials, conceal };
};
