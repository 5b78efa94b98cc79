import assert from 'node:assert/strict';
import * as sinon from 'sinon';
import type * as parts from '../src/processor/processor-parts';
import { DatabricksTelemetryExporter } from '../src/exporter/exporter';
import type * as exporting from '../src/exporter/exporting';
import type { ExportResult } from '../src/otel';
import { DatabricksTelemetrySpanProcessor } from '../src/processor/processor';
import { DiagRecorder } from './diag-recorder';
import { record } from './fixtures/spans';
import { SpanSource } from './spans';
import { RecordingExporter } from './test-exporter';

/** Half of an installation, or a bundle that lost a file: what waits for its first use is not there then. */
describe('a part that cannot be loaded', () => {
  const diag = new DiagRecorder();
  const broken = new Error('not to be had');

  beforeEach(() => diag.install());
  afterEach(() => {
    diag.remove();
    sinon.restore();
  });

  it('leaves the application its spans, and the processor nothing to tell', async () => {
    const module = require('../src/processor/processor-parts') as typeof parts;
    sinon.stub(module, 'ProcessorParts').throws(broken);
    const exporter = new RecordingExporter();
    const processor = new DatabricksTelemetrySpanProcessor(exporter);
    new SpanSource([processor]).execute('s1');
    assert.equal(processor.stats().offered, 0);
    await processor.forceFlush();
    await processor.shutdown();
    assert.deepEqual(exporter.batches, []);
    assert.ok(diag.lines.some(({ text }) => text.includes('onEnd failed')));
  });

  it('is what an export is answered with', async () => {
    const module = require('../src/exporter/exporting') as typeof exporting;
    sinon.stub(module, 'Exporting').throws(broken);
    const exporter = new DatabricksTelemetryExporter({ host: 'a.example.com', token: 'x' });
    const { code, error } = await new Promise<ExportResult>((resolve) =>
      exporter.export([record('open_session')], resolve),
    );
    assert.equal(code, 1);
    assert.equal(error?.cause, broken);
    assert.equal(exporter.stats().offered, 0);
    await exporter.shutdown();
  });

  it('does not keep the credentials of a closed connection', async () => {
    const module = require('../src/exporter/exporting') as typeof exporting;
    sinon.stub(module, 'Exporting').throws(broken);
    const onClosed = sinon.stub().returns(() => undefined);
    const release = sinon.stub();
    const access = { connection: () => undefined, onClosed, release };
    const exporter = new DatabricksTelemetryExporter({ access });
    exporter.onConnectionClosed(() => undefined);
    onClosed.firstCall.args[0]('c1');
    await new Promise(setImmediate);
    assert.deepEqual(release.args, [['c1']]);
    await exporter.shutdown();
  });
});
