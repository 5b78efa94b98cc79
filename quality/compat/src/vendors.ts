/** An SDK of somebody else that owns the application's tracing. */
export interface Vendor {
  readonly title: string;
  /** File in `vendors/` that sets the SDK up. */
  readonly setup: string;
  readonly dependencies: Readonly<Record<string, string>>;
  /**
   * `filtered`: a span that the vendor's sampler refuses never reaches its backend. `all`: the SDK sends every span with
   * its sampling priority, and the vendor's agent decides.
   */
  readonly sends: 'filtered' | 'all';
  /** False where the setup has no sampler to configure. */
  readonly canRefuse?: false;
  /** The SDK refuses a backend without TLS. */
  readonly needsTls?: true;
}

const API = { '@opentelemetry/api': '1.9.1' };

export const VENDORS: readonly Vendor[] = [
  {
    title: 'Sentry 10',
    setup: 'sentry.cjs',
    dependencies: { ...API, '@sentry/node': '10.78.0' },
    sends: 'filtered',
  },
  {
    title: 'Sentry 10, custom setup',
    setup: 'sentry-custom.cjs',
    dependencies: {
      ...API,
      '@opentelemetry/context-async-hooks': '2.12.0',
      '@opentelemetry/sdk-trace-base': '2.12.1',
      '@sentry/node': '10.78.0',
      '@sentry/opentelemetry': '10.78.0',
    },
    sends: 'filtered',
  },
  {
    title: 'Sentry 11',
    setup: 'sentry.cjs',
    dependencies: { ...API, '@sentry/node': '11.12.0' },
    sends: 'filtered',
  },
  {
    title: 'dd-trace 6',
    setup: 'datadog.cjs',
    dependencies: { ...API, 'dd-trace': '6.21.0' },
    sends: 'all',
  },
  {
    title: 'Azure Monitor 1.21',
    setup: 'azure-monitor.cjs',
    dependencies: { ...API, '@azure/monitor-opentelemetry': '1.21.0' },
    sends: 'filtered',
    needsTls: true,
  },
  {
    title: '@vercel/otel 2.1',
    setup: 'vercel.cjs',
    dependencies: {
      ...API,
      '@opentelemetry/api-logs': '0.223.0',
      '@opentelemetry/instrumentation': '0.223.0',
      '@opentelemetry/resources': '2.12.1',
      '@opentelemetry/sdk-logs': '0.223.0',
      '@opentelemetry/sdk-metrics': '2.12.1',
      '@opentelemetry/sdk-trace-base': '2.12.1',
      '@vercel/otel': '2.1.3',
    },
    sends: 'filtered',
  },
  {
    title: 'auto-instrumentations 0.75',
    setup: 'auto-instrumentations.cjs',
    dependencies: { ...API, '@opentelemetry/auto-instrumentations-node': '0.75.0' },
    sends: 'filtered',
  },
  {
    title: 'AppKit 0.38',
    setup: 'appkit.mjs',
    dependencies: { '@databricks/appkit': '0.38.1' },
    sends: 'filtered',
    canRefuse: false,
  },
];
