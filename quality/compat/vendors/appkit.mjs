import { trace } from '@opentelemetry/api';
import settings from './settings.cjs';

Object.assign(process.env, {
  OTEL_EXPORTER_OTLP_ENDPOINT: settings.backend,
  OTEL_SERVICE_NAME: 'vendors',
  DATABRICKS_HOST: settings.backend,
  DATABRICKS_TOKEN: 'a-token',
});
const { createApp } = await import('@databricks/appkit');
await createApp({ plugins: [], disableInternalTelemetry: true });
settings.onFlush(() => trace.getTracerProvider().getDelegate().forceFlush());
