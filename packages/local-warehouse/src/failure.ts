import type { ScriptedError } from './script';

/** Where in the SQL a statement failed: the line counts from 1, the position in it from 0. */
export interface SqlPosition {
  readonly line: number;
  readonly position: number;
}

/** Why a statement or one of its RPCs failed. */
export interface StatementFailure {
  /** As the service shows it to users: with the position and, where the service does so, the SQL. */
  readonly message: string;
  readonly condition: string;
  readonly sqlState: string;
  readonly code: number;
  /** Java class of the service's exception. */
  readonly exception: string;
}

/** What is known of a failure before it is put into the service's words. */
export interface FailureCause {
  readonly condition: string;
  readonly sqlState: string;
  readonly description: string;
  readonly code?: number;
  readonly at?: SqlPosition | undefined;
}

const SYNTAX_ERROR = '42601';
const CATALYST = 'org.apache.spark.sql.catalyst';
const START: SqlPosition = { line: 1, position: 0 };

/** Java classes by how their SQLSTATEs begin; the first that matches counts. */
const EXCEPTIONS: readonly (readonly [string, string])[] = [
  [SYNTAX_ERROR, `${CATALYST}.parser.ParseException`],
  ['42', `${CATALYST}.ExtendedAnalysisException`],
  ['22012', 'org.apache.spark.SparkArithmeticException'],
  ['22003', 'org.apache.spark.SparkArithmeticException'],
  ['22018', 'org.apache.spark.SparkNumberFormatException'],
  ['22', 'org.apache.spark.SparkRuntimeException'],
];
const DEFAULT_EXCEPTION = 'org.apache.spark.SparkException';

/** The failure in the service's words; without SQL, as for a metadata call, nothing of it is quoted. */
export function statementFailure(cause: FailureCause, sql: string | undefined): StatementFailure {
  const { condition, sqlState, description, code = 0, at = START } = cause;
  const [, exception = DEFAULT_EXCEPTION] =
    EXCEPTIONS.find(([prefix]) => sqlState.startsWith(prefix)) ?? [];
  const text = `[${condition}] ${description} SQLSTATE: ${sqlState}`;
  const message = sql === undefined ? text : located(text, sqlState, sql, at);
  return { message, condition, sqlState, code, exception };
}

/** The failure that a script asks for. */
export function scriptedFailure(error: ScriptedError, sql: string | undefined): StatementFailure {
  const { condition = 'INTERNAL_ERROR', sqlState = 'XX000', code = 0, message } = error;
  const description = 'The statement failed as scripted.';
  const failure = statementFailure({ condition, sqlState, description, code }, sql);
  return message === undefined ? failure : { ...failure, message };
}

/** A parser quotes the statement, an analysis gives a position, arithmetic shows the expression's context. */
function located(text: string, sqlState: string, sql: string, at: SqlPosition): string {
  const { line, position } = at;
  if (sqlState === SYNTAX_ERROR) {
    const lines = sql.split('\n');
    const quoted = [
      ...lines.slice(0, line),
      `${'-'.repeat(position)}^^^`,
      ...lines.slice(line),
    ].join('\n');
    return `\n${text} (line ${line}, pos ${position})\n\n== SQL ==\n${quoted}\n`;
  }
  if (sqlState.startsWith('42')) return `${text}; line ${line} pos ${position}`;
  if (!sqlState.startsWith('22')) return text;
  const context = `== SQL (line ${line}, position ${position + 1}) ==`;
  return `${text}\n${context}\n${sql}\n${'^'.repeat(sql.split('\n')[0]?.length ?? 0)}\n`;
}
