/** What to do about a status or an error code, the word that the exporter keeps as `lastError`. */
const ADVICE: readonly (readonly [word: RegExp, meaning: string, advice: string])[] = [
  [/^2\d\d$/, 'accepted', 'nothing is to be done'],
  [/^401$/, 'the token is expired or not of this workspace', 'create a new token'],
  [/^403$/, 'the token lacks the permission', 'check the scope of the token'],
  [/^404$/, 'the host has no such service', 'check that the host is a Databricks workspace'],
  [/^407$/, 'a proxy wants credentials', 'configure the proxy of the connection'],
  [/^413$/, 'the request is too large for a proxy', 'raise the limit of the proxy'],
  [/^429$/, 'too many requests', 'wait: the exporter retries by itself'],
  [/^4\d\d$/, 'the service refuses the request', 'look for a newer version of this package'],
  [/^5\d\d$/, 'the workspace is unavailable', 'wait: the exporter retries by itself'],
  [
    /^3\d\d$|^answer_html$/,
    'a sign-in page or a proxy has answered',
    'check the host and the proxy',
  ],
  [/^(?:ENOTFOUND|EAI_AGAIN)$/, 'the name does not resolve', 'check the host and the network'],
  [
    /^(?:ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ECONNRESET|EPIPE)$/,
    'nothing accepts the connection',
    'check the host, the port, a firewall and the proxy',
  ],
  [/^(?:timeout|ETIMEDOUT)$/, 'there is no answer in time', 'check a firewall and the proxy'],
  [
    /CERT|SELF_SIGNED|UNABLE_TO|TLS|SSL|EPROTO/,
    'the certificate is not trusted',
    'set NODE_EXTRA_CA_CERTS to the certificate authority of the proxy',
  ],
];

export interface Meaning {
  readonly meaning: string;
  readonly advice: string;
}

/** `word` is a status or an error code. */
export function meaningOf(word: string): Meaning {
  const [, meaning, advice] = ADVICE.find(([pattern]) => pattern.test(word)) ?? [];
  return {
    meaning: meaning ?? 'the answer is not one of the service',
    advice: advice ?? 'check the host, the network, a proxy and the certificate authority',
  };
}

/** `HTTP 403` or the code of an error. */
export function shownWord(word: string): string {
  return /^\d{3}$/.test(word) ? `HTTP ${word}` : word;
}
