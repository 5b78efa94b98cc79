import * as assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import * as semconv from '@dbsql-otel/instrumentation-databricks-sql/semconv';

const ROOT = path.resolve(__dirname, '../../..');
const DASHBOARDS = path.join(ROOT, 'docs/dashboards');
const SOURCES = [
  'packages/instrumentation-databricks-sql/src',
  'packages/exporter-databricks-telemetry/src',
].map((folder) => path.join(ROOT, folder));

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

/** Kind and unit of an instrument, which Prometheus puts into its name. */
interface Instrument {
  readonly kind: string;
  readonly unit: string;
}

/** Every instrument the packages create, by name, read from their source. */
function instruments(): Map<string, Instrument> {
  const found = new Map<string, Instrument>();
  const constants = new Map(Object.entries(semconv));
  for (const folder of SOURCES) {
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const source = readFileSync(path.join(folder, file), 'utf8');
      const calls = source.matchAll(
        /\.create(\w+)\(\s*(?:'([^']+)'|(METRIC_\w+)),\s*\{([^}]*)\}?/g,
      );
      for (const [, kind = '', literal, constant = '', options = ''] of calls) {
        const name = literal ?? constants.get(constant) ?? constant;
        const shared = /const unit = '([^']+)'/.exec(source)?.[1];
        found.set(name, { kind, unit: /unit: '([^']+)'/.exec(options)?.[1] ?? shared ?? '' });
      }
    }
  }
  return found;
}

/** The series of an instrument in Prometheus, by the OpenTelemetry compatibility rules. */
function prometheusNames(name: string, { kind, unit }: Instrument): string[] {
  const suffix = { s: '_seconds', By: '_bytes', 'By/s': '_bytes_per_second' }[unit] ?? '';
  const base = `${name.replaceAll('.', '_')}${suffix}`;
  if (kind === 'Histogram') return [`${base}_bucket`, `${base}_count`, `${base}_sum`];
  return [/^(?:Observable)?Counter$/.test(kind) ? `${base}_total` : base];
}

const known = new Set(
  [...instruments()].flatMap(([name, instrument]) => prometheusNames(name, instrument)),
);

function dashboard(file: string): Dashboard {
  return JSON.parse(readFileSync(path.join(DASHBOARDS, file), 'utf8')) as Dashboard;
}

const attributeLabels = new Set(
  Object.entries(semconv)
    .filter(([constant]) => constant.startsWith('ATTR_'))
    .map(([, attribute]) => attribute.replaceAll('.', '_')),
);

const files = readdirSync(DASHBOARDS).filter((file) => file.endsWith('.json'));
const alerts = readFileSync(path.join(DASHBOARDS, 'alerts.yaml'), 'utf8');

function metricNames(text: string): string[] {
  return text.match(/\b(?:db|databricks|otel)_[a-z_]+(?=[{[)\s,]|$)/g) ?? [];
}

/** `promtool` of Debian's `prometheus` package; the test that needs it says so where it is absent. */
function promtool(...list: string[]): ReturnType<typeof spawnSync> {
  return spawnSync('promtool', list, { encoding: 'utf8' });
}

describe('dashboards', () => {
  it('there is something to hold them against', () => {
    assert.ok(known.has('db_client_operation_duration_seconds_bucket'));
    assert.ok(known.has('otel_sdk_processor_span_processed_total'));
  });

  for (const file of files) {
    it(`${file} asks for metrics that are made`, () => {
      const { panels, templating } = dashboard(file);
      const queries = [
        ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
        ...templating.list.map(({ definition = '' }) => definition),
      ];
      assert.ok(panels.every(({ targets = [] }) => targets.length > 0));
      for (const query of queries) {
        const series = metricNames(query.replace(/label_values\((\w+)\{/, '$1{')).filter(
          (name) => !isLabel(name),
        );
        for (const name of series) assert.ok(known.has(name), `${name} in ${query}`);
      }
    });
  }

  it('the alert rules ask for metrics that are made', () => {
    const expressions = alerts.replace(/^ *(?:summary|description|- alert|- name):.*$/gm, '');
    const series = metricNames(expressions).filter((name) => !isLabel(name));
    assert.ok(series.length > 0);
    for (const name of series) assert.ok(known.has(name), name);
  });

  it('promtool accepts every query and rule', function () {
    if (promtool('--version').status !== 0) this.skip();
    const folder = mkdtempSync(path.join(tmpdir(), 'dashboards-'));
    try {
      const rules = files.flatMap((file) =>
        dashboard(file).panels.flatMap(({ title, targets = [] }) =>
          targets.map(({ expr }) => ({
            record: 'checked:by:test',
            labels: { title },
            expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(?:job|host)\b/g, '.*'),
          })),
        ),
      );
      const unique = [...new Map(rules.map((rule) => [rule.expr, rule])).values()];
      const groups = unique.map((rule, index) => ({ name: `query ${index}`, rules: [rule] }));
      // JSON is YAML.
      writeFileSync(path.join(folder, 'queries.yaml'), JSON.stringify({ groups }));
      for (const file of [
        path.join(folder, 'queries.yaml'),
        path.join(DASHBOARDS, 'alerts.yaml'),
      ]) {
        const { status, stderr, stdout } = promtool('check', 'rules', '--lint=none', file);
        assert.strictEqual(status, 0, `${String(stdout)}${String(stderr)}`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Labels begin like metrics do. */
function isLabel(name: string): boolean {
  return attributeLabels.has(name) || /^otel_component_(?:type|name)$/.test(name);
}
