/** Who logs in to MySQL. */
export type Login = { readonly username: string; readonly password: string };

/**
 * Gives the login to use. It is called again with a login that MySQL refused: the answer is then a newer one where there is one
 * (the password was rotated), else the same.
 */
export type LoginProvider = (refused?: Login) => Promise<Login>;

const accessDenied = 1045;

/**
 * Calls `connect` with the login; when MySQL refuses it (error 1045) and there is a newer one, once more with that. So a rotated
 * password arrives without a restart.
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

/** Whether both are the same user with the same password. */
export const isSameLogin = (one: Login, other: Login): boolean =>
  one.username === other.username && one.password === other.password;

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && 'errno' in error && error.errno === accessDenied;
