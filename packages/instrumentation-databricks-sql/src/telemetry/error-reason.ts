import type { ErrorReason } from '../semconv';

/** What is read of a failure before its reason is looked up. */
export interface ReasonFacts {
  /** The beginning of the message, without SQL. */
  readonly text: string;
  /** Databricks' error condition; `isBracketed` for one that the engine writes as `[CONDITION]`. */
  readonly condition: string | undefined;
  readonly isBracketed: boolean;
  readonly sqlState: string | undefined;
  readonly httpStatus: number | undefined;
  /** `code` or `errorCode` of the error, or of the cause of a retry error. */
  readonly code: string | undefined;
  readonly className: string;
  /** The failed request went to the storage of results or staged files, not to the workspace. */
  readonly isStorage: boolean;
}

type Reasons = readonly (readonly [RegExp, ErrorReason])[];

/** The error codes of the REST API, which the service writes before a message: `CODE: message`. */
const SERVICE_CODES = [
  'ABORTED',
  'BAD_REQUEST',
  'CANCELLED',
  'CUSTOMER_UNAUTHORIZED',
  'DEADLINE_EXCEEDED',
  'ENDPOINT_NOT_FOUND',
  'FEATURE_DISABLED',
  'FORBIDDEN',
  'INTERNAL_ERROR',
  'INTERNAL_SERVER_ERROR',
  'INVALID_PARAMETER_VALUE',
  'INVALID_STATE',
  'INVALID_TOKEN',
  'IO_ERROR',
  'NOT_FOUND',
  'NOT_IMPLEMENTED',
  'PERMISSION_DENIED',
  'QUOTA_EXCEEDED',
  'RATE_LIMIT_EXCEEDED',
  'REQUEST_LIMIT_EXCEEDED',
  'RESOURCE_ALREADY_EXISTS',
  'RESOURCE_CONFLICT',
  'RESOURCE_DOES_NOT_EXIST',
  'RESOURCE_EXHAUSTED',
  'RESOURCE_LIMIT_EXCEEDED',
  'SERVICE_UNAVAILABLE',
  'SERVICE_UNDER_MAINTENANCE',
  'TEMPORARILY_UNAVAILABLE',
  'TOO_MANY_REQUESTS',
  'UNAUTHENTICATED',
  'UNAUTHORIZED',
  'UNAVAILABLE',
  'UNKNOWN',
  'WORKSPACE_TEMPORARILY_UNAVAILABLE',
] as const;

/** What the server, Hive and Spark put before the text that says what failed. */
const PREFIX =
  /^(?:\s+|Error running query: |requirement failed: |(?:[\w$]+\.)+[\w$]+(?:Exception|Error): |Error: )/;
const SERVICE_CODE = new RegExp(`^(${SERVICE_CODES.join('|')}): `);

/** By error condition: engine conditions by how they begin, service codes as they are. */
const BY_CONDITION: Reasons = [
  [/^(?:INVALID_HANDLE\.)?SESSION_(?:NOT_FOUND|CLOSED|CHANGED|EXPIRED)$/, 'session_lost'],
  [/^(?:INVALID_HANDLE\.)?OPERATION_(?:NOT_FOUND|ABANDONED)$/, 'operation_lost'],
  [
    /^(?:(?:WORKSPACE_)?TEMPORARILY_UNAVAILABLE|SERVICE_UNAVAILABLE|UNAVAILABLE|SERVICE_UNDER_MAINTENANCE|SERVER_IS_BUSY)$/,
    'warehouse_unavailable',
  ],
  [
    /^(?:REQUEST_LIMIT_EXCEEDED|RATE_LIMIT_EXCEEDED|RESOURCE_LIMIT_EXCEEDED|RESOURCE_EXHAUSTED|TOO_MANY_REQUESTS)$/,
    'throttled',
  ],
  [/^(?:UNAUTHENTICATED|UNAUTHORIZED|CUSTOMER_UNAUTHORIZED|INVALID_TOKEN)$/, 'credentials'],
  [/^(?:PERMISSION_DENIED|FORBIDDEN|UNAUTHORIZED_ACCESS|INSUFFICIENT_PERMISSIONS)/, 'permission'],
  [
    /^(?:DEADLINE_EXCEEDED|(?:QUERY|STATEMENT|OPERATION)_(?:EXECUTION_)?TIME(?:OUT|D_?OUT)(?:_EXCEEDED)?)$/,
    'timeout',
  ],
  [
    /^(?:CONFIG_NOT_AVAILABLE|CANNOT_MODIFY_(?:STATIC_)?CONFIG|INVALID_CONF|UNSUPPORTED_CONF|SET_CONFIG)/,
    'config_refused',
  ],
];

const COMPUTE = '(?:The |Your )?(?:SQL |requested )?(?:warehouse|endpoint|cluster)\\b.{0,80}?';

/**
 * By the phrases with which the service and the driver begin a message. They are anchored, so that no value, name or SQL
 * that a message quotes is taken for one.
 */
const BY_PHRASE: Reasons = [
  [
    /^(?:Invalid Session ?Handle\b|Session handle: .{0,120}has not been initialized|The session was closed or has expired|KernelSessionBackend: session is closed|(?:The )?session\b.{0,80} (?:not found|does not exist|(?:is|was|has been) closed|has expired)|The existing Spark server driver instance has restarted)/i,
    'session_lost',
  ],
  [
    /^(?:Invalid (?:Operation|Statement) ?Handle\b|Operation was considered abandoned|(?:The )?(?:operation|statement)\b.{0,80} (?:(?:was )?not found|does not exist|is no longer available))/i,
    'operation_lost',
  ],
  [
    new RegExp(
      `^(?:${COMPUTE}(?: is| was| being) (?:currently |still |being )?(?:starting|started|resuming|pending|not (?:yet )?(?:ready|running))\\b|${COMPUTE} in (?:an? )?(?:unexpected |invalid )?(?:state )?\\W?(?:pending|starting|resizing|restarting)\\b|Couldn't create directory /local_disk)`,
      'i',
    ),
    'warehouse_starting',
  ],
  [
    new RegExp(
      `^(?:${COMPUTE} (?:is|was|has been) (?:currently |already |being )?(?:temporarily unavailable|unavailable|stopped|stopping|deleted|deleting|terminated|terminating|overloaded|unhealthy|busy)\\b|${COMPUTE} in (?:an? )?(?:unexpected |invalid )?(?:state )?\\W?(?:stopped|stopping|deleted|deleting|terminated|terminating|error)\\b|${COMPUTE} (?:(?:was )?not found|does not exist)|The (?:service|server)\\b.{0,80} (?:is|was) (?:temporarily |currently )?(?:unavailable|busy|overloaded|under maintenance)|Service (?:temporarily )?unavailable|The spark driver has stopped unexpectedly|The background threadpool cannot accept|.{0,40}\\bwarehouse\\b.{0,60} was stopped\\b)`,
      'i',
    ),
    'warehouse_unavailable',
  ],
  [
    /^(?:Too many (?:concurrent |queued )?(?:requests|queries|statements|sessions|connections)|(?:Request |Rate )+limit (?:was |has been )?exceeded|(?:The )?maximum number of (?:queued |concurrent |running |allowed )*(?:queries|statements|requests|sessions)|(?:Your|The) (?:request|organization)\b.{0,80}(?:exceeded the rate limit|rate.?limited)|Throttl(?:ed|ing)\b)/i,
    'throttled',
  ],
  [
    /^(?:Invalid (?:access |bearer |OAuth )*token\b|Credential was not sent|A valid (?:access )?token\b|(?:The |OAuth |Access )*token (?:is |has |was )?(?:expired|revoked|invalid)|OAuth access token expired|Failed to (?:refresh|fetch|retrieve) (?:access |OAuth )?token|Token exchange (?:failed|response missing)|TokenProviderAuthenticator: token from|invalid_(?:client|grant|token)\b|unauthorized_client\b|access_denied\b|Unauthenticated\b|Authentication (?:failed|is required))/i,
    'credentials',
  ],
  [
    /^(?:(?:User|You|Service Principal|Principal)\b.{0,120}?(?:do|does)(?: not|n't) have\b.{0,40}\b(?:permissions?|privileges?|access|CAN_USE|entitlement)|Permission denied\b|Insufficient (?:privileges|permissions)|Access denied\b|Source IP address: \S+ is blocked|Unauthorized (?:network )?access to (?:workspace|org)|(?:User|Principal)\b.{0,100} is not authorized|Not authorized to\b)/i,
    'permission',
  ],
  [
    /^(?:The operation is in a timed out state|Request timed out|network timeout at: |Response timeout while|This operation took too long|(?:The )?(?:query|statement|operation|command|execution)\b.{0,80}(?:timed out|(?:reached|exceeded) .{0,60}time ?(?:out|limit))|Timed out\b|Hive driver: Error when connecting to resource\. Retry timeout exceeded)/i,
    'timeout',
  ],
  [
    /^(?:(?:The )?config(?:uration)?\b.{0,120}(?:is not (?:available|allowed|supported)|cannot be (?:set|modified|changed))|Cannot modify the value of (?:the |a )?(?:static |Spark )*config)/i,
    'config_refused',
  ],
];

const BY_SQLSTATE: ReadonlyMap<string, ErrorReason> = new Map([
  ['08KD1', 'warehouse_unavailable'],
  ['28000', 'credentials'],
  ['42501', 'permission'],
  ['42K0I', 'config_refused'],
  ['46110', 'config_refused'],
  ['HYT00', 'timeout'],
  ['HYT01', 'timeout'],
]);
/** Classes of failures of the statement itself; their texts quote its values. */
const STATEMENT_SQLSTATE = /^(?:0[AFKLNPZ]|2[0-57]|3[89B-F]|4[2-5]|P)/;

const BY_STATUS: ReadonlyMap<number, ErrorReason> = new Map([
  [401, 'credentials'],
  [403, 'credentials'],
  [408, 'timeout'],
  [429, 'throttled'],
  [502, 'warehouse_unavailable'],
  [503, 'warehouse_unavailable'],
  [504, 'timeout'],
]);

const BY_CODE: ReadonlyMap<string, ErrorReason> = new Map([
  ['TIMEOUT', 'timeout'],
  ['ETIMEDOUT', 'timeout'],
  ['ESOCKETTIMEDOUT', 'timeout'],
  ['ERR_SOCKET_CONNECTION_TIMEOUT', 'timeout'],
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
  ['UND_ERR_HEADERS_TIMEOUT', 'timeout'],
  ['UND_ERR_BODY_TIMEOUT', 'timeout'],
]);
const BY_CLASS: ReadonlyMap<string, ErrorReason> = new Map([
  ['AuthenticationError', 'credentials'],
  ['TokenExchangeError', 'credentials'],
  ['TimeoutError', 'timeout'],
]);

const LINK_EXPIRED =
  /^CloudFetch link has expired|Request has expired|Signature not valid in the specified time frame|ExpiredToken/;
/** `code` of a request that no answer came to. */
const NETWORK_CODE =
  /^(?:ECONN\w+|E(?:SOCKET)?TIMEDOUT|EHOST\w+|ENET\w+|EPIPE|EPROTO|ENOTFOUND|EAI_\w+|ERR_(?:STREAM_PREMATURE_CLOSE|SOCKET_\w+|TLS_\w+|SSL_\w+)|UND_ERR_\w+|CERT_\w+|UNABLE_TO_\w+|SELF_SIGNED_\w+|DEPTH_ZERO_\w+)$/;
const NETWORK_CLASS = /^(?:FetchError|RetryError|TimeoutError)$/;
const NETWORK_TEXT =
  /socket hang up|premature close|network timeout|Max retry count|Retry timeout/i;

/** The reason of a failure; `undefined` when nothing in it is one of the known codes, statuses and phrases. */
export function reasonOf(facts: ReasonFacts): ErrorReason | undefined {
  const { text, condition, isBracketed, sqlState, httpStatus, code, className } = facts;
  if (facts.isStorage) return storageReason(facts);
  const byCondition = match(BY_CONDITION, condition);
  // The engine's conditions are precise, and what follows them may be text of the statement.
  if (isBracketed) return byCondition;
  const bySqlState = BY_SQLSTATE.get(sqlState ?? '');
  if (bySqlState !== undefined) return bySqlState;
  if (STATEMENT_SQLSTATE.test(sqlState ?? '')) return undefined;
  return (
    match(BY_PHRASE, withoutPrefixes(text)) ??
    byCondition ??
    BY_STATUS.get(httpStatus ?? 0) ??
    BY_CODE.get(code ?? '') ??
    BY_CLASS.get(className)
  );
}

/** The error code of the REST API at the start of a message, behind the class names that may precede it. */
export function serviceCode(text: string): string | undefined {
  return SERVICE_CODE.exec(withoutPrefix(text))?.[1];
}

function storageReason(facts: ReasonFacts): ErrorReason | undefined {
  const { text, httpStatus, code, className } = facts;
  if (LINK_EXPIRED.test(text)) return 'link_expired';
  if (httpStatus === 401 || httpStatus === 403) return 'storage_denied';
  if (httpStatus === 429) return 'throttled';
  if (httpStatus !== undefined) return httpStatus >= 500 ? 'storage_unreachable' : undefined;
  const isNetwork =
    NETWORK_CODE.test(code ?? '') || NETWORK_CLASS.test(className) || NETWORK_TEXT.test(text);
  return isNetwork ? 'storage_unreachable' : undefined;
}

function match(reasons: Reasons, value: string | undefined): ErrorReason | undefined {
  if (value === undefined) return undefined;
  return reasons.find(([pattern]) => pattern.test(value))?.[1];
}

function withoutPrefix(text: string): string {
  let rest = text;
  for (let found = PREFIX.exec(rest); found !== null; found = PREFIX.exec(rest)) {
    rest = rest.slice(found[0].length);
  }
  return rest;
}

function withoutPrefixes(text: string): string {
  const rest = withoutPrefix(text);
  const code = SERVICE_CODE.exec(rest);
  return code === null ? rest : withoutPrefix(rest.slice(code[0].length));
}
