/**
 * The application in the process of the setup: runs when the setup has been loaded, and reports what became of it. Does
 * not load the driver.
 */
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { CHANNEL_DATABRICKS_TELEMETRY } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { channel } from 'node:diagnostics_channel';
import * as path from 'node:path';
import { sdkDisabled, telemetryDisabled } from '../../config';
import { note, ok, problem } from '../finding';
import type { Finding } from '../finding';
import { checkGateway } from './gateway';
import { loadedBundles, loadedDrivers } from './driver-state';
import {
  API_KEY,
  components,
  countListeners,
  END_EVENTS,
  lines,
  listenersBefore,
  recorder,
} from './observer';
import type { Component } from './observer';
import { checkProcessors, describePipeline, registeredPipeline } from './pipeline';
import type { Pipeline } from './pipeline';
import { sendReport } from './report';
import { createsNodeSdk, whereFlushed } from './sources';

const OWN_NAMESPACE = /^@dbsql-otel\//;
const MAX_LINE = 300;

type Of<Kind extends Component['kind']> = Extract<Component, { readonly kind: Kind }>;

function all<Kind extends Component['kind']>(kind: Kind): Of<Kind>[] {
  return components.filter((component): component is Of<Kind> => component.kind === kind);
}

function hasProcessor(): boolean {
  return channel(CHANNEL_DATABRICKS_TELEMETRY).hasSubscribers;
}

/** Has the components log what no logger has received so far. */
async function repeatLines(): Promise<void> {
  const api = (globalThis as Record<symbol, unknown>)[API_KEY];
  if (api === undefined) {
    diag.setLogger(recorder, { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true });
  }
  for (const component of components) {
    if (component.kind === 'instrumentation') {
      if (component.instance.isEnabled()) component.instance.enable();
    } else await component.instance.forceFlush();
  }
}

/** Turns of the event loop in which an asynchronous setup may go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function checkInstrumentation(setupFiles: readonly string[]): Finding[] {
  const instrumentations = all('instrumentation');
  const enabled = instrumentations.filter(({ instance }) => instance.isEnabled());
  const bundles = loadedBundles(setupFiles);
  const isPatched = enabled.some((instrumentation) => instrumentation.isPatched());
  const [bundle] = bundles;
  if (bundle !== undefined && !isPatched) {
    return [
      problem(
        `${path.basename(bundle)} is a bundle that contains the driver, where no hook sees it`,
        'leave @databricks/sql out of the bundle, or pass the driver to patch() of the instrumentation',
      ),
    ];
  }
  if (instrumentations.length === 0) {
    const drivers = loadedDrivers();
    return drivers.some((driver) => driver.isPatched)
      ? [ok('the driver is patched')]
      : [
          problem(
            'the driver is not patched: the setup creates no DatabricksSqlInstrumentation',
            'add new DatabricksSqlInstrumentation() to instrumentations',
          ),
        ];
  }
  if (enabled.length === 0) {
    return [
      problem(
        'the driver is not patched: the DatabricksSqlInstrumentation of the setup is disabled',
        'remove enabled: false, or what calls disable()',
      ),
    ];
  }
  return checkLoadedDrivers(enabled.length > 1);
}

function checkLoadedDrivers(isTwice: boolean): Finding[] {
  const twice = isTwice
    ? [
        note(
          'the setup creates more than one DatabricksSqlInstrumentation',
          'only the first traces the driver; keep one',
        ),
      ]
    : [];
  const drivers = loadedDrivers();
  const original = drivers.find(({ isPatched }) => !isPatched);
  if (original !== undefined) {
    return [
      ...twice,
      problem(
        `the driver ${original.version} was loaded before the setup and is not patched`,
        'load the setup before the driver, or pass the driver to patch()',
      ),
    ];
  }
  return [
    ...twice,
    drivers.length === 0
      ? ok('the instrumentation patches the driver when the application loads it')
      : ok('the driver was loaded by the setup, and is patched'),
  ];
}

function isForGateway(): boolean {
  return all('instrumentation').some(
    ({ instance }) => instance.isEnabled() && instance.getConfig().driverTelemetry === 'gateway',
  );
}

function checkTelemetry(): Finding[] {
  const instrumentations = all('instrumentation');
  if (!hasProcessor()) {
    if (all('processor').length > 0) {
      return [
        sdkDisabled() || telemetryDisabled()
          ? note('the telemetry processor is switched off by the environment')
          : problem(
              'the telemetry processor was shut down by the setup',
              'shut it down when the application ends',
            ),
      ];
    }
    return [
      note(
        'no DatabricksTelemetrySpanProcessor was created',
        'without it, there are traces and the driver’s own telemetry; add it to spanProcessors to replace that telemetry',
      ),
    ];
  }
  const findings: Finding[] = [ok('a telemetry processor claims the connections')];
  if (instrumentations.length === 0) {
    findings.push(
      problem(
        'the telemetry processor has nothing to report',
        'add new DatabricksSqlInstrumentation() to instrumentations; in a gateway ignore this',
      ),
    );
  } else if (
    instrumentations.every(({ instance }) => instance.getConfig().driverTelemetry === 'keep')
  ) {
    findings.push(
      problem(
        "the telemetry processor has nothing to report: driverTelemetry is 'keep'",
        "remove the option or the processor; 'keep' leaves telemetry to the driver",
      ),
    );
  }
  return findings;
}

/** An exporter that no telemetry processor feeds does not find the credentials of connections by itself. */
function checkAccess(): Finding[] {
  const fed = new Set(all('processor').map(({ exporter }) => exporter));
  const hasOrphan = all('exporter').some(
    ({ instance, hasRoute }) => !hasRoute && !fed.has(instance),
  );
  return hasOrphan
    ? [
        problem(
          'a DatabricksTelemetryExporter has no access to credentials',
          'put it into a DatabricksTelemetrySpanProcessor, or pass access: instrumentation.access',
        ),
      ]
    : [];
}

function checkProvider(pipeline: Pipeline, setupFiles: readonly string[]): Finding[] {
  if (pipeline.hasProvider) return describePipeline(pipeline);
  if (sdkDisabled()) return [];
  const createsSdk = setupFiles.some(createsNodeSdk);
  const isWanted = !(process.env['OTEL_TRACES_EXPORTER'] ?? '').includes('none');
  if (createsSdk && isWanted) {
    return [
      problem(
        'the NodeSDK of the setup registered no tracer provider',
        'call start(), and list a span processor where spanProcessors is given',
      ),
    ];
  }
  return [
    hasProcessor()
      ? note(
          'the setup registers no tracer provider',
          'without one, nothing is traced; telemetry needs none',
        )
      : problem(
          'the setup registers no tracer provider and creates no telemetry processor, so nothing is reported',
          'start an SDK with a span processor, or create a DatabricksTelemetrySpanProcessor',
        ),
  ];
}

/** Spans and records wait up to 5 s: a process that ends without a flush loses them. */
function checkFlush(pipeline: Pipeline, setupFiles: readonly string[]): Finding[] {
  if (!pipeline.hasProvider && !hasProcessor()) return [];
  const added = new Set(
    END_EVENTS.filter((_, index) => (countListeners()[index] ?? 0) > (listenersBefore[index] ?? 0)),
  );
  if (added.has('SIGTERM')) return [ok('the setup listens to the end of the process')];
  if (added.size > 0) {
    return [
      note(
        'the setup does not flush at SIGTERM',
        'where the platform stops the process by a signal, await sdk.shutdown() at SIGTERM',
      ),
    ];
  }
  return [whereFlushed(setupFiles)];
}

/** Each line that a component of this project logged above `info`, and each error of OpenTelemetry. */
function checkLines(): Finding[] {
  const texts = new Map<string, Finding>();
  for (const { level, namespace, text } of lines) {
    const isOwn = OWN_NAMESPACE.test(namespace);
    // The first sentence of the API's own errors has no namespace.
    const [first = ''] = (isOwn ? text : `${namespace} ${text}`).split('\n', 1);
    if (level === 'info' || (!isOwn && level !== 'error')) continue;
    const shown = isOwn ? first : `OpenTelemetry: ${first.replace(/"[^"]*"/g, '"…"')}`;
    if (/was loaded before this instrumentation\. It is patched now/.test(shown)) {
      texts.set(shown, note(shown.slice(0, MAX_LINE)));
    } else {
      texts.set(shown, problem(shown.slice(0, MAX_LINE), 'correct the setup'));
    }
  }
  return [...texts.values()];
}

async function check(setupFiles: readonly string[]): Promise<void> {
  await settle();
  await repeatLines();
  // Before the checks, which may make others log.
  const logged = checkLines();
  const pipeline = await registeredPipeline();
  const findings = [
    ...(isForGateway()
      ? checkGateway(hasProcessor())
      : [...checkProvider(pipeline, setupFiles), ...checkTelemetry()]),
    ...checkProcessors(pipeline),
    ...checkInstrumentation(setupFiles),
    ...checkAccess(),
    ...checkFlush(pipeline, setupFiles),
    ...logged,
  ];
  sendReport({ kind: 'checked', findings, targets: pipeline.targets });
}

// Exit at once: the setup may hold the process, and its shutdown hooks would export.
check(process.argv.slice(2))
  .catch((error: unknown) => {
    const type = error instanceof Error ? error.constructor.name : 'error';
    sendReport({ kind: 'failed', cause: `the check of the setup failed (${type})` });
  })
  .finally(() => process.exit());
