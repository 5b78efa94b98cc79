const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const NARROW = /^[\u0020-\u007e\u00b7\u2500-\u259f]*$/;
const WITHOUT_CELL = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
// U+FE0F asks for the picture of a character that also exists as text, and pictures take two cells.
const PICTURE = /\p{Emoji_Presentation}|\ufe0f/u;
// East Asian Wide and Fullwidth: Hangul Jamo, CJK with its symbols and punctuation, Yi, Hangul, compatibility forms,
// fullwidth forms, and the planes of rare ideographs.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]/u;

function graphemeWidth(grapheme: string): number {
  if (WITHOUT_CELL.test(grapheme)) return 0;
  return PICTURE.test(grapheme) || WIDE.test(grapheme) ? 2 : 1;
}

/** How many cells of a terminal `text` takes: two per wide character or picture, none per combining mark. */
export function cellWidth(text: string): number {
  if (NARROW.test(text)) return text.length;
  let width = 0;
  for (const { segment } of GRAPHEMES.segment(text)) width += graphemeWidth(segment);
  return width;
}

/** At most `width` cells of `text`, cut between characters, ending in an ellipsis when something was cut. */
export function fit(text: string, width: number): string {
  if (cellWidth(text) <= width) return text;
  if (width < 1) return '';
  let kept = '';
  let used = 0;
  for (const { segment } of GRAPHEMES.segment(text)) {
    used += graphemeWidth(segment);
    if (used > width - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** `text` padded with spaces to `width` cells, at its end or, for numbers, at its start. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const spaces = ' '.repeat(Math.max(0, width - cellWidth(text)));
  return align === 'left' ? text + spaces : spaces + text;
}
