/** Messages of Node.js and V8 that name the mistake and hold nothing of the application but names of modules. */
const SAFE_MESSAGES: readonly RegExp[] = [
  /^Cannot find (?:module|package) '[\w@./-]+'/,
  /^Package subpath '[\w./-]+' is not defined by "exports"/,
  /^Cannot use import statement outside a module/,
  /^require is not defined(?: in ES module scope)?/,
  /^(?:exports|module|__dirname|__filename) is not defined/,
  /^Unexpected token 'export'/,
  /^(?:The requested module '[\w@./-]+' )?does not provide an export named '\w+'/,
  /^The requested module '[\w@./-]+' does not provide an export named '\w+'/,
  /^Named export '\w+' not found/,
  /^require\(\) (?:of ES Module|cannot be used on an ESM graph)/,
  /^Unknown file extension "\.\w+"/,
  /^[\w$.]+ is not a (?:constructor|function)$/,
  /^Class constructor \w+ cannot be invoked without 'new'$/,
  /^Cannot read properties of (?:undefined|null) \(reading '\w+'\)$/,
  /^\w+ is not defined$/,
];
const MAX_LENGTH = 160;

/** Where the error came from: the package whose code threw, else the file. */
function placeOf(stack: string): string | undefined {
  for (const line of stack.split('\n')) {
    const location = /\(?((?:file:\/\/)?\/[^()]+|[A-Za-z]:[\\/][^()]+?):(\d+):\d+\)?$/.exec(line);
    if (location === null) continue;
    const [, file = '', lineNumber = ''] = location;
    const inPackage = /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/](?!.*node_modules)/.exec(
      file,
    );
    if (inPackage !== null) return `in ${inPackage[1] ?? ''}`;
    return `at ${file.split(/[\\/]/).at(-1) ?? ''}:${lineNumber}`;
  }
  return undefined;
}

/** What an error says about the setup, without quoting text that may hold a secret. Never throws. */
export function causeOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return typeof error;
    const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
    const [message = ''] = error.message.split('\n', 1);
    const safe = SAFE_MESSAGES.map((pattern) => pattern.exec(message)?.[0]).find(Boolean);
    const what = safe ?? code;
    const place = placeOf(error.stack ?? '');
    return [error.constructor.name, what === undefined ? '' : `: ${what}`, place && ` ${place}`]
      .filter(Boolean)
      .join('')
      .slice(0, MAX_LENGTH);
  } catch {
    return 'an error that cannot be read';
  }
}
