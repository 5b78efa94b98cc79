// Control characters, line and paragraph separators, and the marks that reorder text.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** `text` without characters that move a terminal's cursor, change its colors or reorder a line: they become `·`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '·').toWellFormed();
}
