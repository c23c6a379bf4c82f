/** The username and password for MySQL. */
export type Login = { readonly username: string; readonly password: string };

/**
 * Called to fetch the login, and again with a login that MySQL refused. Returns a newer login if
 * there is one (the password was rotated), else the same.
 */
export type LoginProvider = (refused?: Login) => Promise<Login>;

const accessDenied = 1045;

/**
 * Calls `connect` with the login. When MySQL refuses it (error 1045), tries once more with a newer
 * login, if there is one. So a rotated password needs no restart.
 */
export const withLogin = async <T>(provide: LoginProvider, connect: (login: Login) => Promise<T>): Promise<T> => {
  const login = await provide();
  try {
    return await connect(login);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const newer = await provide(login);
    if (isSameLogin(newer, login)) throw error;
    return connect(newer);
  }
};

/** True if both have the same username and password. */
export const isSameLogin = (one: Login, other: Login): boolean =>
  one.username === other.username && one.password === other.password;

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'errno' in error && error.errno === accessDenied;
