/** A callback that Node.js or the OpenTelemetry API calls later, as it stands in a source file. */
export interface RegisteredCallback {
  /** The function that registers it, such as `setTimeout` or `on`. */
  readonly by: string;
  /** The callback's own text, or that of its declaration. */
  readonly text: string;
  readonly line: number;
}

/** What calls its callback outside of every call of ours: an exception there ends the process. */
const REGISTRATION =
  /(?:\bnew (FinalizationRegistry)(?:<.*?>)?|\.(on|once|addListener|prependListener|prependOnceListener|addEventListener|addCallback)|\b(setTimeout|setInterval|setImmediate|queueMicrotask|nextTick|subscribe|appendFile|execFile|lookup))\(/g;
/** Where the callback comes first. */
const CALLBACK_FIRST: ReadonlySet<string> = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'nextTick',
  'addCallback',
  'FinalizationRegistry',
]);
const OPENING = '([{';
const CLOSING = ')]}';
const QUOTES = '\'"`';

/** Finds the callbacks that a TypeScript source registers. Declarations of methods are left out. */
export function registeredCallbacks(source: string): RegisteredCallback[] {
  const code = withoutComments(source);
  return [...code.matchAll(REGISTRATION)].flatMap((match) => {
    const by = match[1] ?? match[2] ?? match[3] ?? '';
    const start = match.index + match[0].length;
    const args = argumentsAt(code, start);
    const given = CALLBACK_FIRST.has(by) ? args[0] : args.at(-1);
    // The member of an interface has typed parameters.
    if (given === undefined || /^\w+\??: /.test(args[0] ?? '')) return [];
    const line = code.slice(0, match.index).split('\n').length;
    const text = declarationOf(given, code) ?? given;
    const texts = text.startsWith('{') ? membersOf(text, code) : [text];
    return texts.map((each) => ({ by, text: each, line }));
  });
}

/** Whether nothing that the callback does can throw out of it. */
export function isGuarded(callback: string): boolean {
  return (
    /^(?:guardedListener|observing)\(/.test(callback) ||
    callback.startsWith('() => {}') ||
    /^\([^()]*\)(?:: \w+)? =>\s*(?:\{\s*)?(?:this\.)?#?(?:guarded\(|guard\.run\()/.test(callback)
  );
}

/** The functions of an object of subscribers. */
function membersOf(literal: string, code: string): string[] {
  return argumentsAt(literal, 1).map((member) => {
    const value = member.replace(/^\w+: /, '');
    return declarationOf(value, code) ?? value;
  });
}

/** The initializer of a constant or a field that is given by its name. */
function declarationOf(name: string, code: string): string | undefined {
  const [, plain] = /^(?:this\.)?(#?\w+)$/.exec(name) ?? [];
  if (plain === undefined) return undefined;
  const found = new RegExp(`(?:const|readonly) ${plain}(?:: [^=]+)? =\\s*`).exec(code);
  return found ? code.slice(found.index + found[0].length) : undefined;
}

/** The arguments from `start`, just behind the bracket. */
function argumentsAt(code: string, start: number): string[] {
  const args: string[] = [];
  let depth = 0;
  let from = start;
  let quote = '';
  for (let index = start; index < code.length; index += 1) {
    const character = code.charAt(index);
    if (quote !== '') {
      if (character === '\\') index += 1;
      else if (character === quote) quote = '';
    } else if (QUOTES.includes(character)) quote = character;
    else if (OPENING.includes(character)) depth += 1;
    else if (CLOSING.includes(character) && depth > 0) depth -= 1;
    else if (character === ',' && depth > 0) continue;
    else if (character === ',' || CLOSING.includes(character)) {
      args.push(code.slice(from, index).trim());
      from = index + 1;
      if (character !== ',') break;
    }
  }
  return args.filter((argument) => argument !== '');
}

function withoutComments(source: string): string {
  return source
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/^\s*\/\/.*$/gm, '');
}
