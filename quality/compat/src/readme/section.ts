/** What a section of a document asks its reader to do, in its order. */
export type Step =
  | { readonly kind: 'install'; readonly packages: readonly string[] }
  | { readonly kind: 'save'; readonly file: string; readonly content: string }
  | { readonly kind: 'run'; readonly command: readonly string[] };

const BLOCK = /(?:<!-- snippet: (\S+) -->\n\n)?```(\w*)\n([^]*?)```/g;
const INSTALL = 'npm install ';
const RUN = 'node ';

/**
 * The section below a heading, as far as the next heading of any level. Throws when there is none.
 *
 * @param heading as the document writes it, with its number signs
 */
export function sectionOf(document: string, heading: string): string {
  const start = `\n${document}`.indexOf(`\n${heading}\n`);
  if (start === -1) throw new Error(`there is no section "${heading}"`);
  const text = document.slice(start + heading.length);
  return text.slice(0, /^#+ /m.exec(text)?.index);
}

/**
 * The steps of a section: `npm install` commands, files, and `node` commands. A file is a snippet of this repository, and
 * its name stands in the text between it and the block before; a snippet that the text does not name is an illustration.
 */
export function stepsOf(section: string): Step[] {
  const steps: Step[] = [];
  let textStart = 0;
  for (const match of section.matchAll(BLOCK)) {
    const [block, snippet, language, code = ''] = match;
    const end = match.index + block.length;
    const around = section.slice(textStart, match.index) + textAfter(section, end);
    textStart = end;
    if (language === 'sh') steps.push(...commandsOf(code));
    const file = snippet?.split('/').at(-1);
    if (file !== undefined && around.includes(`\`${file}\``)) {
      steps.push({ kind: 'save', file, content: code });
    }
  }
  return steps;
}

/** The text from `start` to the next block. */
function textAfter(section: string, start: number): string {
  const text = section.slice(start);
  const next = text.indexOf('```');
  return next === -1 ? text : text.slice(0, next);
}

function commandsOf(code: string): Step[] {
  const steps: Step[] = [];
  for (const line of code.replaceAll(/ *\\\n */g, ' ').split('\n')) {
    const words = line.trim().split(/ +/);
    if (line.startsWith(INSTALL)) steps.push({ kind: 'install', packages: words.slice(2) });
    else if (line.startsWith(RUN)) steps.push({ kind: 'run', command: words.slice(1) });
  }
  return steps;
}
