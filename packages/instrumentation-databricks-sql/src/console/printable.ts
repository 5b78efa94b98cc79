// Control characters, line and paragraph separators, and the marks that reorder text.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu;
const WITHOUT_CELL = /[\p{Mn}\p{Me}\p{Cf}]/u;
const JOINER = /[\u200c\u200d]/u;
const JOINED = /[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}]/u;
const PRESENTATION = /[\ufe0e\ufe0f\u20e3]/u;
const PRESENTED = /[\p{Emoji}\ufe0f]/u;
const COMMON_MARK = /\p{Script=Inherited}/u;
const MARKED = /[\p{L}\p{M}\p{N}]/u;
const PLACEHOLDER = '·';

/** Letters and marks of one script share a block of this many code points. */
const BLOCK = 256;

function blockOf(character: string): number {
  return Math.floor((character.codePointAt(0) ?? 0) / BLOCK);
}

/** Whether a terminal draws `mark`, which has no cell of its own, together with the character before it. */
function attaches(mark: string, before: string): boolean {
  if (JOINER.test(mark)) return JOINED.test(before);
  if (PRESENTATION.test(mark)) return PRESENTED.test(before);
  if (!MARKED.test(before) || !MARKED.test(mark)) return false;
  return COMMON_MARK.test(mark) || blockOf(mark) === blockOf(before);
}

/**
 * `text` without characters that move a terminal's cursor, change its colors, reorder a line or hide: they become `·`,
 * as do combining marks on nothing that they combine with.
 */
export function printable(text: string): string {
  const safe = text.replace(UNPRINTABLE, PLACEHOLDER).toWellFormed();
  if (!WITHOUT_CELL.test(safe)) return safe;
  let shown = '';
  let before = '';
  for (const character of safe) {
    const isShown = !WITHOUT_CELL.test(character) || attaches(character, before);
    before = isShown ? character : PLACEHOLDER;
    shown += before;
  }
  return shown;
}
