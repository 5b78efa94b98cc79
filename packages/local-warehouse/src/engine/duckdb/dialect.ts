import type { QueryParameter } from '../engine';

/** SQL in DuckDB's words, with the values of its positional parameters in the order of their markers. */
export interface TranslatedSql {
  readonly sql: string;
  readonly values: readonly (string | null)[];
}

const TYPE_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries<string>({
    STRING: 'VARCHAR',
    BINARY: 'BLOB',
    TIMESTAMP: 'TIMESTAMPTZ',
    TIMESTAMP_NTZ: 'TIMESTAMP',
    VOID: 'VARCHAR',
  }),
);

/** Strings, comments, quoted identifiers, parameter markers, and the calls and names that differ. */
const TOKENS =
  /'(?:[^'\\]|\\.|'')*'|--[^\n]*|\/\*.*?\*\/|(?<![\w.`])`?main`?\.(?=(?:\w+|`[^`]+`)\.)|`[^`]*`|"(?:[^"\\]|\\.)*"|::|:\w+|\?|\b(?:from|join)\s+range\s*\([^)]*\)/gis;

/**
 * Translates the Spark spellings that DuckDB does not share: backticks, strings in double quotes, `:name` markers,
 * `range` with a column `id`, and the catalog `main`, a name that DuckDB reserves. Parameters are bound as text and
 * cast to their type. Markers without a value are named in `unbound`.
 */
export function translate(
  sql: string,
  parameters: readonly QueryParameter[],
): TranslatedSql & { readonly unbound: readonly string[] } {
  const positional = parameters.filter(({ name }) => name === undefined);
  const values: (string | null)[] = [];
  const unbound: string[] = [];
  const bind = (parameter: QueryParameter | undefined, marker: string): string => {
    if (!parameter) {
      unbound.push(marker);
      return 'NULL';
    }
    values.push(parameter.value);
    return `CAST($${values.length} AS ${typeName(parameter.type)})`;
  };
  let position = 0;
  const translated = sql.replace(TOKENS, (token) => {
    if (token === '?') {
      position += 1;
      return bind(positional[position - 1], `_${position - 1}`);
    }
    if (/^:\w/.test(token)) {
      const name = token.slice(1);
      return bind(
        parameters.find((parameter) => parameter.name === name),
        name,
      );
    }
    if (/^(?:from|join)/i.test(token)) {
      const [keyword = '', call = ''] = token.split(/\s+(.*)/s);
      return `${keyword} (SELECT range AS id FROM ${call.replace(/(\d)L\b/gi, '$1')})`;
    }
    if (token.endsWith('.')) return '';
    if (token.startsWith('`')) return `"${token.slice(1, -1).replaceAll('"', '""')}"`;
    if (token.startsWith('"')) return `'${token.slice(1, -1).replaceAll("'", "''")}'`;
    return token;
  });
  return { sql: translated, values, unbound };
}

function typeName(type: string): string {
  const name = type.toUpperCase();
  return TYPE_NAMES.get(name) ?? name;
}
