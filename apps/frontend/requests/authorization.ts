/**
 * Returns the headers that carry a bearer token, none for `''`. A character that headers cannot
 * hold becomes `?`. So the API refuses the token, and the request does not fail before it is sent.
 */
export const authorizationOf = (token: string): Readonly<Record<string, string>> =>
  token === '' ? {} : { authorization: `Bearer ${token.replaceAll(/[^\x21-\x7e]/g, '?')}` };
