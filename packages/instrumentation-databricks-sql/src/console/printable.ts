// Control characters, line and paragraph separators, and the marks that reorder text.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;

/** `text` without characters that move a terminal's cursor, change its colors or reorder a line: they become `·`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '·').toWellFormed();
}

/** At most `width` characters, cut between code points, ending in an ellipsis when something was cut. */
export function fit(text: string, width: number): string {
  const characters = Array.from(text);
  if (characters.length <= width) return text;
  return width <= 1 ? '…'.slice(0, width) : `${characters.slice(0, width - 1).join('')}…`;
}

/** `text` padded with spaces to `width` characters, at its end or, for numbers, at its start. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - Array.from(text).length));
  return align === 'left' ? text + blanks : blanks + text;
}
