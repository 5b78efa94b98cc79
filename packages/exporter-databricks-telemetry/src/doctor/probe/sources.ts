import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { startedFiles } from '../started-files';
import { note, problem } from '../finding';
import type { Finding } from '../finding';

/** Files of the application that are read at most. */
const MAX_FILES = 500;
const SOURCE = /\.[cm]?[jt]sx?$/;
const NODE_SDK = /new\s+(?:[\w$]+\.|\(\s*require\([^)]+\)\s*\.)?NodeSDK\b/;
const FLUSH = /\b(?:shutdown|forceFlush)\b/;

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Whether the file creates a NodeSDK, started or not. */
export function createsNodeSdk(file: string): boolean {
  return NODE_SDK.test(read(file));
}

/** The application's source files, nearest first. */
function* sourceFiles(folder: string): Generator<string> {
  const pending = [folder];
  let count = 0;
  for (let current = pending.shift(); current !== undefined; current = pending.shift()) {
    for (const entry of readdirSync(current, { withFileTypes: true })) {
      const file = path.join(current, entry.name);
      if (entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name)) pending.push(file);
      if (!entry.isFile() || !SOURCE.test(entry.name)) continue;
      count += 1;
      if (count > MAX_FILES) return;
      yield file;
    }
  }
}

const LOST = 'so the last spans and records are lost';
const ADVICE = 'await sdk.shutdown() at beforeExit and at SIGTERM';

/** The setup listens to no end of the process: whether the application flushes by itself is found in its sources. */
export function whereFlushed(setupFiles: readonly string[]): Finding {
  const folder = process.cwd();
  const started = startedFiles(folder);
  const files = [...setupFiles, ...started, ...sourceFiles(folder)];
  if (files.some((file) => FLUSH.test(read(file)))) {
    return note(
      'the setup does not flush when the process ends',
      `the application has to: ${ADVICE}`,
    );
  }
  const text = `nothing flushes when the process ends, ${LOST}`;
  return started.length > 0 ? problem(text, ADVICE) : note(text, ADVICE);
}
