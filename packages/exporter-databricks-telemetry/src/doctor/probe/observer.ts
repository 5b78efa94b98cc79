/**
 * Loaded before the setup, in the process of the setup: observes what the setup constructs and logs. Loads neither
 * OpenTelemetry nor the driver, whose order is what the doctor measures.
 */
import type { DiagLogFunction, DiagLogger } from '@opentelemetry/api';
import { subscribe } from 'node:diagnostics_channel';
import { causeOf } from './cause';
import { sendReport } from './report';

/** Where the OpenTelemetry API keeps what was registered. */
export const API_KEY = Symbol.for('opentelemetry.js.api.1');

/** What is published on the channel of constructed components. */
export type Component =
  | {
      readonly kind: 'instrumentation';
      readonly instance: {
        isEnabled(): boolean;
        enable(): void;
        getConfig(): { readonly driverTelemetry?: string; readonly requireParentSpan?: boolean };
      };
      isPatched(): boolean;
    }
  | {
      readonly kind: 'processor';
      readonly instance: { forceFlush(): Promise<void> };
      readonly exporter: unknown;
    }
  | {
      readonly kind: 'exporter';
      readonly instance: { forceFlush(): Promise<void> };
      /** Whether it knows where to send, and with which credentials, without a processor. */
      readonly hasRoute: boolean;
    };

/** A line that a component logged. */
export interface Line {
  readonly level: 'error' | 'warn' | 'info';
  readonly namespace: string;
  readonly text: string;
}

export const components: Component[] = [];
export const lines: Line[] = [];
/** Names of the events whose listeners existed before the setup. */
export const END_EVENTS = ['beforeExit', 'SIGTERM', 'SIGINT'] as const;
export const listenersBefore = countListeners();

const MAX_LINES = 200;

export function countListeners(): readonly number[] {
  return END_EVENTS.map((event) => process.listenerCount(event));
}

function record(level: Line['level']): DiagLogFunction {
  return (namespace, ...words) => {
    if (lines.length >= MAX_LINES) return;
    const text = words.filter((word) => typeof word === 'string').join(' ');
    lines.push({ level, namespace, text });
  };
}

function ignore(): void {}

export const recorder: DiagLogger = {
  error: record('error'),
  warn: record('warn'),
  info: record('info'),
  debug: ignore,
  verbose: ignore,
};

/** Records what is logged, and hands it on to the logger of the setup. */
function withRecorder(logger: DiagLogger | undefined): DiagLogger {
  const both =
    (level: keyof DiagLogger): DiagLogFunction =>
    (...words) => {
      recorder[level](...words);
      logger?.[level](...words);
    };
  return {
    error: both('error'),
    warn: both('warn'),
    info: both('info'),
    debug: both('debug'),
    verbose: both('verbose'),
  };
}

function observeLogger(api: object): void {
  let logger = Reflect.get(api, 'diag') as DiagLogger | undefined;
  Object.defineProperty(api, 'diag', {
    configurable: true,
    enumerable: true,
    get: () => withRecorder(logger),
    set: (installed: DiagLogger) => {
      logger = installed;
    },
  });
}

/** The API creates its global object with the first registration. */
function observeApi(): void {
  let api: unknown;
  Object.defineProperty(globalThis, API_KEY, {
    configurable: true,
    enumerable: false,
    get: () => api,
    set: (created: unknown) => {
      if (created === api) return;
      api = created;
      if (typeof created === 'object' && created !== null) observeLogger(created);
    },
  });
}

subscribe('@dbsql-otel/components', (message) => components.push(message as Component));
observeApi();
process.on('uncaughtExceptionMonitor', (error) => {
  sendReport({ kind: 'failed', cause: causeOf(error) });
});
