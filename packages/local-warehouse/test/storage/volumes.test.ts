import * as assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { connect } from '../support/driver';
import type { Connected } from '../support/driver';

const VOLUME_PATH = '/Volumes/main/default/files/a b.csv';

describe('volumes', () => {
  let connected: Connected;
  let directory: string;
  beforeEach(async () => {
    connected = await connect();
    directory = await mkdtemp(path.join(tmpdir(), 'local-warehouse-'));
  });
  afterEach(async () => {
    await connected.close();
    await rm(directory, { recursive: true });
  });

  async function stage(sql: string): Promise<void> {
    await connected.session.executeStatement(sql, { stagingAllowedLocalPath: [directory] });
  }

  it('take a file, give it back and remove it', async () => {
    const { volumeFiles } = connected.warehouse;
    const source = path.join(directory, 'in.csv');
    const target = path.join(directory, 'out.csv');
    await writeFile(source, 'a,b\n1,2\n');
    await stage(`PUT '${source}' INTO '${VOLUME_PATH}' OVERWRITE`);
    assert.strictEqual(volumeFiles.get(VOLUME_PATH)?.toString(), 'a,b\n1,2\n');
    await stage(`GET '${VOLUME_PATH}' TO '${target}'`);
    assert.strictEqual(await readFile(target, 'utf8'), 'a,b\n1,2\n');
    await stage(`REMOVE '${VOLUME_PATH}'`);
    assert.strictEqual(volumeFiles.size, 0);
    const methods = connected.warehouse.requestsTo('storage').map(({ method }) => method);
    assert.deepStrictEqual(methods, ['PUT', 'GET', 'DELETE']);
  });

  it('have no file that nobody put there', async () => {
    const target = path.join(directory, 'out.csv');
    await assert.rejects(stage(`GET '${VOLUME_PATH}' TO '${target}'`), /HTTP error 404/);
  });
});
