// C0, DEL and C1; characters that reverse text (UAX #9); the line and paragraph separators.
const controls = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/**
 * Escapes control characters in text from outside: each becomes its escape, for example `\u001b`.
 * The text then stays on one line and cannot control a terminal. JSON stays the same JSON.
 */
export const escapeControls = (text: string): string =>
  text.replaceAll(controls, (control) => String.raw`\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
