// Control characters, line and paragraph separators, and the marks that reorder text.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** Text that cannot move a terminal's cursor, change its colours or reorder a line: such characters become `·`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '·').toWellFormed();
}

/** At most `width` characters, cut between code points, with an ellipsis where something was cut. */
export function fit(text: string, width: number): string {
  const characters = Array.from(text);
  if (characters.length <= width) return text;
  return width <= 1 ? '…'.slice(0, width) : `${characters.slice(0, width - 1).join('')}…`;
}

/** `text` filled with blanks to `width` characters, at its end or, for figures, at its start. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - Array.from(text).length));
  return align === 'left' ? text + blanks : blanks + text;
}
