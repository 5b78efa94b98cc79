// Runs every query of the dashboards and every alert rule in a real Prometheus that an application feeds by OTLP: each
// query must return a number, and each rule must be evaluated over series that exist.
import { fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Prometheus, prometheusBinary } from './dashboards/prometheus.mjs';

const LIMIT_MS = 120_000;
const POLL_MS = 1_000;
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const folder = path.join(root, 'docs/dashboards');
const rulesFile = path.join(folder, 'alerts.yaml');

/** What Grafana fills in. */
function filledIn(expression) {
  return expression.replaceAll('$__rate_interval', '20s').replaceAll(/\$(?:job|host)\b/g, '.+');
}

function panelsOf({ panels = [] }) {
  return panels.flatMap((panel) => [panel, ...panelsOf(panel)]);
}

/** Every query, under the title it has in the report. */
function queries() {
  const dashboards = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return dashboards.flatMap((name) => {
    const dashboard = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    const variables = dashboard.templating.list.flatMap(({ name: variable, query }) => {
      const [, selector] = /^label_values\((.+), \w+\)$/.exec(query?.query ?? '') ?? [];
      return selector === undefined ? [] : [[`${name}: variable ${variable}`, selector]];
    });
    const panels = panelsOf(dashboard).flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => [`${name}: ${title}`, expr]),
    );
    return [...variables, ...panels].map(([title, query]) => ({ title, query: filledIn(query) }));
  });
}

/** The series that the rules read, without their ranges and thresholds. */
function ruleQueries(rules) {
  return rules.flatMap(({ name, query }) =>
    [
      ...query
        .replaceAll(/\b(?:by|on) \([^)]*\)/g, '')
        .matchAll(/\b(?:db|databricks|otel)_\w+(?:\{[^}]*\})?/g),
    ].map(([selector]) => ({ title: `alerts.yaml: ${name}`, query: selector })),
  );
}

async function hasData(prometheus, { query }) {
  const result = await prometheus.query(query);
  return result.some(({ value }) => Number.isFinite(Number(value[1])));
}

/** Asks until every query has data, or the time is over; returns those that have none. */
async function withoutData(prometheus, all) {
  let missing = all;
  for (let end = Date.now() + LIMIT_MS; missing.length > 0 && Date.now() < end;) {
    const answers = await Promise.all(missing.map((each) => hasData(prometheus, each)));
    missing = missing.filter((_, index) => !answers[index]);
    if (missing.length > 0) await delay(POLL_MS);
  }
  return missing;
}

const binary = prometheusBinary();
if (binary === undefined) {
  console.log('\n  1 pending: dashboards, because neither Go nor a cached Prometheus is here');
} else {
  const prometheus = await Prometheus.start(binary, rulesFile);
  const application = fork(path.join(root, 'scripts/dashboards/application.mjs'), [
    `${prometheus.url}/api/v1/otlp/v1/metrics`,
  ]);
  const ended = new Promise((resolve) => {
    application.once('exit', resolve);
  });
  try {
    const rules = await prometheus.rules();
    const all = [...queries(), ...ruleQueries(rules)];
    const missing = await withoutData(prometheus, all);
    for (const { title, query } of missing) console.log(`no data: ${title}\n  ${query}`);
    const broken = (await prometheus.rules()).filter(({ health }) => health === 'err');
    for (const { name, lastError } of broken) console.log(`rule ${name}: ${lastError}`);
    const failed = missing.length + broken.length;
    console.log(`\n  ${all.length + rules.length - failed} passing\n  ${failed} failing`);
    process.exitCode = failed > 0 ? 1 : 0;
  } finally {
    if (application.connected) application.disconnect();
    await ended;
    await prometheus.stop();
  }
}
