const MAX_TEXT_LENGTH = 2_048;
/** Longer texts are cut to this length first: enough to find a secret that starts before the final cut. */
const MAX_SCANNED_LENGTH = 16_384;
const REDACTED = '<redacted>';

/**
 * Decides cheaply whether the rules below run at all: each rule needs one of these to match. A text that this package
 * composes, such as a reduced stack, rarely matches; the `@` of a scoped package does not.
 */
const TRIGGER =
  /bearer|basic|authorization|eyJ|dapi|dkea|dskea|dsapi|dose|token|passw|pwd|secret|api[_-]?key|accountkey|signature|\bsig\b|credential|:\/\/|\?\w|\\\\|[\\/](?:home|users|root|var|opt|srv|app|tmp)[\\/]|[\w.+-]@[\w-]/i;

/** No rule has two adjacent quantifiers over one alphabet: each is linear on any input. */
const RULES: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)[ \t]+[^\s"',;]+/gi, `$1 ${REDACTED}`],
  [/(:\/\/)[^\s/?#@]*@/g, `$1${REDACTED}@`],
  [/\?[\w%.~[\]-]+=[^\s"'<>)]*/g, `?${REDACTED}`],
  [/(?:dapi|dkea|dskea|dsapi|dose)[A-Za-z0-9]{8}[A-Za-z0-9_-]*/gi, REDACTED],
  [/eyJ[\w-]{4}[\w-]*(?:\.[\w-]*){0,4}/g, REDACTED],
  [
    /((?:token|passw(?:or)?d|pwd|secret|api[_-]?key|accountkey|signature|\bsig|credentials?|authorization)[\\"']{0,4}[ \t]{0,8}[:=][ \t]{0,8})(?:\\*"[^"]*"?|\\*'[^']*'?|[^\s"'&,;)}\]]+)/gi,
    `$1${REDACTED}`,
  ],
  [/([\\/](?:home|users)[\\/])[^\\/\s)\]:]+/gi, `$1${REDACTED}`],
  [/([\\/]root)(?=[\\/])/gi, `/${REDACTED}`],
  [/([\\/]var[\\/]folders[\\/])[^\\/\s)\]]+[\\/][^\\/\s)\]]+/gi, `$1${REDACTED}`],
  [/([\\/]var[\\/]lib[\\/])[^\\/\s)\]:]+/gi, `$1${REDACTED}`],
  [/([\\/](?:opt|srv|app|tmp)[\\/])[^\\/\s)\]:]+/gi, `$1${REDACTED}`],
  [/(\\\\)[^\\/\s)\]]+\\[^\\/\s)\]]+/g, `$1${REDACTED}`],
  [/[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}/g, REDACTED],
];

/**
 * Masks secrets in text from outside: credentials and tokens in every form the drivers know, URL
 * userinfo and queries, e-mail addresses, and the parts of paths that name a user, a tenant or a server.
 * Linear, bounded, and never longer than `maxLength` characters.
 */
export function redact(text: string, maxLength = MAX_TEXT_LENGTH): string {
  let result = text.length > MAX_SCANNED_LENGTH ? cutAtSeparator(text, MAX_SCANNED_LENGTH) : text;
  if (TRIGGER.test(result)) {
    for (const [pattern, replacement] of RULES) {
      result = result.replace(pattern, replacement);
    }
  }
  return result.length > maxLength ? cutAtSeparator(result, maxLength) : result;
}

/** Cuts before the last word that does not fit: its rule would not recognize the first part of a secret. */
function cutAtSeparator(text: string, length: number): string {
  const head = text.slice(0, length);
  const separator = Math.max(head.lastIndexOf(' '), head.lastIndexOf('\n'));
  return separator > 0 ? head.slice(0, separator) : '';
}
