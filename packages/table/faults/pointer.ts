const shownLength = 64;

/** Shortens a name that a client chose, for an answer. */
export const shorten = (name: string): string => name.slice(0, shownLength).toWellFormed();

/** Formats a member as a part of a JSON pointer (RFC 6901). Shortens its name. */
export const pointerOf = (name: string): string => `/${shorten(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
