import { copyFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command, Driver, Target } from './driver';
import { mustRun } from './processes';

const PROGRAMS = resolve(__dirname, '../../programs');
const JDBC_VERSION = '3.4.5';
const PYTHON_PACKAGES = [
  'databricks-sql-connector[pyarrow]==4.9.0',
  'databricks-sql-kernel==1.3.0',
];
/** Arrow reads the memory of buffers, which the JDK opens only when asked. */
const JAVA_OPTIONS = ['--add-opens=java.base/java.nio=ALL-UNNAMED'];

function program(...parts: readonly string[]): string {
  return join(PROGRAMS, ...parts);
}

function python(name: string, mode: string): Driver {
  return {
    name,
    needs: 'python3',
    install: async (folder) => {
      await mustRun({ file: 'python3', args: ['-m', 'venv', 'venv'] }, folder);
      const args = ['-m', 'pip', 'install', '--quiet', ...PYTHON_PACKAGES];
      await mustRun({ file: join(folder, 'venv/bin/python'), args }, folder);
    },
    command: (folder, target) => ({
      file: join(folder, 'venv/bin/python'),
      args: [program('python/workload.py'), ...targetArguments(target), mode],
    }),
  };
}

function jdbc(name: string, useThrift: 0 | 1): Driver {
  return {
    name,
    needs: 'mvn',
    install: async (folder) => {
      const artifact = `com.databricks:databricks-jdbc:${JDBC_VERSION}`;
      const args = [
        '--quiet',
        '--batch-mode',
        'dependency:copy',
        `-Dartifact=${artifact}`,
        `-DoutputDirectory=${folder}`,
        '-Dmdep.stripVersion=true',
      ];
      await mustRun({ file: 'mvn', args }, folder);
    },
    command: (folder, target): Command => ({
      file: 'java',
      args: [
        ...JAVA_OPTIONS,
        '-cp',
        join(folder, 'databricks-jdbc.jar'),
        program('jdbc/Workload.java'),
        ...targetArguments(target),
        String(useThrift),
      ],
    }),
  };
}

const GO: Driver = {
  name: 'Go 1.14',
  needs: 'go',
  install: async (folder) => {
    for (const file of ['go.mod', 'main.go']) copyFileSync(program('go', file), join(folder, file));
    await mustRun({ file: 'go', args: ['mod', 'tidy'] }, folder);
    await mustRun({ file: 'go', args: ['build', '-o', 'workload', '.'] }, folder);
  },
  command: (folder, target) => ({ file: join(folder, 'workload'), args: targetArguments(target) }),
};

function node(name: string, mode: string): Driver {
  return {
    name,
    needs: 'node',
    install: () => Promise.resolve(),
    command: (_, target) => ({
      file: process.execPath,
      args: [program('node/workload.cjs'), ...targetArguments(target), mode],
    }),
  };
}

function targetArguments(target: Target): string[] {
  const { host, port, path, warehouseId, token, caFile, workloadFile } = target;
  return [host, String(port), path, warehouseId, token, caFile, workloadFile];
}

/** Drivers with the same key share what is installed. */
export const DRIVERS: readonly (Driver & { readonly key: string })[] = [
  { key: 'jdbc', ...jdbc('JDBC 3.4 (Thrift)', 1) },
  { key: 'jdbc', ...jdbc('JDBC 3.4 (SEA)', 0), readsOneInlineChunk: true },
  { key: 'python', ...python('Python 4.9', 'thrift') },
  { key: 'python', ...python('Python 4.9 (kernel)', 'kernel') },
  { key: 'go', ...GO },
  { key: 'node', ...node('Node 2.1', 'thrift') },
  { key: 'node', ...node('Node 2.1 (kernel)', 'kernel') },
];
