// C0, DEL and C1; what reverses text (UAX #9); the line and paragraph separators.
const controls = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu;

/**
 * Shows text from outside on one line, without control of the terminal that it is printed to:
 * each control character becomes its escape, `\u001b`. JSON stays the same JSON.
 */
export const escapeControls = (text: string): string =>
  text.replaceAll(controls, (control) => String.raw`\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`);
