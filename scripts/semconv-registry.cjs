// The `databricks.*` names as a registry in the YAML form of the semantic conventions, for OpenTelemetry Weaver.
// Names and meanings come from semconv.ts, types and the attributes of metrics from docs/spans.md, whose tables a test
// compares with recorded spans.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { semconvNames, semconvValues } = require('./semconv-names.cjs');

const SPANS = path.join(__dirname, '../docs/spans.md');
const STABILITY = 'development';
const PREFIX = 'databricks.query.tag';
const UUID = '01ef3c1a-8b5e-1d2c-9f4a-6b7c8d9e0f12';

/** The conventions require examples for every string. */
const EXAMPLES = {
  'databricks.connection.id': UUID,
  'databricks.session.id': UUID,
  'databricks.statement.id': UUID,
  'databricks.warehouse.id': '1234567890abcdef',
  'databricks.workspace.id': '1234567890123456',
  'databricks.client.backend': ['thrift', 'kernel'],
  'databricks.driver.version': '1.12.0',
  'databricks.connection.http_path': '/sql/1.0/warehouses/1234567890abcdef',
  'databricks.connection.auth_type': ['access-token', 'oauth-m2m'],
  'databricks.connection.user_agent_entry': 'orders-service',
  'databricks.cloudfetch.host': 'bucket.s3.us-west-2.amazonaws.com',
  'databricks.error.condition': 'TABLE_OR_VIEW_NOT_FOUND',
  'databricks.query.tag': 'finance',
  'databricks.statement.url': `https://dbc-1.cloud.databricks.com/sql/history?queryId=${UUID}`,
};

const INSTRUMENTS = {
  Histogram: 'histogram',
  Counter: 'counter',
  UpDownCounter: 'updowncounter',
  Gauge: 'gauge',
};
const UNITS = { seconds: 's', bytes: 'By' };

/** The rows of the tables of docs/spans.md, by the name in their first column. */
function documentedRows() {
  const page = fs.readFileSync(SPANS, 'utf8');
  return new Map(
    [...page.matchAll(/^\| `(?<name>[a-z0-9_.]+)` +\| (?<cell>[^|]+?) +\|/gm)].map(({ groups }) => [
      groups.name,
      groups.cell,
    ]),
  );
}

/** The closed list of values of an attribute. */
function enumeration(name, names) {
  const listed = semconvValues(name);
  if (listed === undefined) return undefined;
  const operations = names.filter(({ constant }) => constant.startsWith('OPERATION_'));
  const values = listed.length > 0 ? listed : operations.map((operation) => operation.name);
  return {
    members: values.map((value) => ({ id: value.toLowerCase(), value, stability: STABILITY })),
  };
}

function required(value, name, what) {
  if (value === undefined) throw new Error(`${name} has no ${what}`);
  return value;
}

function attribute({ name, meaning }, rows, names) {
  const values = enumeration(name, names);
  const simple = required(rows.get(name), name, 'type in docs/spans.md');
  const type = name === PREFIX ? `template[${simple}]` : simple;
  return {
    id: name,
    type: values ?? type,
    stability: STABILITY,
    brief: meaning.replace(/\{@link (\w+)\}/g, '`$1`'),
    ...(simple === 'string' && values === undefined
      ? { examples: [required(EXAMPLES[name], name, 'example')].flat() }
      : {}),
  };
}

function metric({ name, meaning }, rows) {
  const [, instrument, unit = '1'] = /^(\w+)(?:, ([^.:]+))?/.exec(meaning) ?? [];
  const attributes = [...(rows.get(name) ?? '').matchAll(/`([a-z_.]+)`/g)].map(([, ref]) => ({
    ref,
  }));
  return {
    id: `metric.${name}`,
    type: 'metric',
    metric_name: name,
    stability: STABILITY,
    brief: meaning,
    instrument: required(INSTRUMENTS[instrument], name, 'instrument in its docstring'),
    unit: UNITS[unit] ?? unit.replaceAll('`', ''),
    ...(attributes.length > 0 ? { attributes } : {}),
  };
}

function registry() {
  const names = semconvNames();
  const rows = documentedRows();
  const own = (kind) => names.filter(({ constant }) => constant.startsWith(`${kind}_DATABRICKS`));
  return {
    groups: [
      {
        id: 'registry.databricks',
        type: 'attribute_group',
        display_name: 'Databricks attributes',
        stability: STABILITY,
        brief: 'Attributes of Databricks SQL that the semantic conventions do not have.',
        attributes: own('ATTR').map((name) => attribute(name, rows, names)),
      },
      ...own('METRIC').map((name) => metric(name, rows)),
    ],
  };
}

/** A value in YAML's block form; a JSON string is a YAML string. */
function yaml(value, indent = '') {
  if (Array.isArray(value)) {
    return value.map((item) => `${indent}- ${yaml(item, `${indent}  `).trimStart()}`).join('');
  }
  if (typeof value !== 'object') return `${JSON.stringify(value)}\n`;
  return Object.entries(value)
    .map(([key, item]) => {
      const isBlock = typeof item === 'object';
      return `${indent}${key}:${isBlock ? '\n' : ' '}${yaml(item, isBlock ? `${indent}  ` : '')}`;
    })
    .join('');
}

/** The text of docs/semconv/databricks.yaml. */
function semconvRegistry() {
  return `# Generated from semconv.ts by \`npm run docs\`.\n${yaml(registry())}`;
}

module.exports = { semconvRegistry };
