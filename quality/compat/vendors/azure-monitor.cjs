'use strict';

const { shutdownAzureMonitor, useAzureMonitor } = require('@azure/monitor-opentelemetry');
const settings = require('./settings.cjs');

useAzureMonitor({
  azureMonitorExporterOptions: {
    connectionString: `InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=${settings.backend}/`,
    disableOfflineStorage: true,
  },
  samplingRatio: settings.refuses ? 0 : 1,
  tracesPerSecond: 0,
  enableLiveMetrics: false,
});
settings.onFlush(() => shutdownAzureMonitor());
