import { redact } from './redact';

const MAX_STACK_LENGTH = 8_192;
const MAX_FRAMES = 30;
const MAX_FRAME_LENGTH = 400;
const MAX_CALLEE_LENGTH = 190;
const MAX_RESULT_LENGTH = 2_048;

/** `at f (place:1:2)`, `at place:1:2`, `at async f (place:1:2)`, `at new F (place:1:2)`, `at f (<anonymous>)`. */
const FRAME =
  /^ {4}at (?:((?:async |new )?[\w$.<>]+(?: \[as [\w$.]+\])?) \((<anonymous>|native|[^()\n]+:\d{1,7}:\d{1,7})\)|((?:async )?)((?:file:\/\/|node:|\/|[A-Za-z]:\\)[^()\n]+:\d{1,7}:\d{1,7}))$/;
const NODE_MODULES = '/node_modules/';

/**
 * Reduces a stack to its frames, one per line, each file to its path inside its package, and of the application's own
 * files to the name. The message lines, where drivers and servers put SQL and values, are never part of the result.
 *
 * A message that imitates frames cannot pass more than a function name and a file name in their strict form, and what
 * remains is redacted.
 */
export function stackFrames(stack: string): string {
  const lines = stack.slice(0, MAX_STACK_LENGTH).split('\n');
  // The cut may have split the last line.
  if (stack.length > MAX_STACK_LENGTH) lines.pop();
  const frames: string[] = [];
  for (const line of lines) {
    const frame = line.length > MAX_FRAME_LENGTH ? undefined : reduceFrame(line);
    if (frame !== undefined && frames.push(frame) === MAX_FRAMES) break;
  }
  return redact(frames.join('\n'), MAX_RESULT_LENGTH);
}

function reduceFrame(line: string): string | undefined {
  if (!line.startsWith('    at ')) return undefined;
  const match = FRAME.exec(line.trimEnd());
  if (!match) return undefined;
  const [, callee, calleePlace, bareAsync, barePlace] = match;
  if (callee !== undefined && callee.length > MAX_CALLEE_LENGTH) return undefined;
  return callee === undefined
    ? `at ${bareAsync ?? ''}${packageRelative(barePlace ?? '')}`
    : `at ${callee} (${packageRelative(calleePlace ?? '')})`;
}

function packageRelative(place: string): string {
  if (place.startsWith('node:') || place.startsWith('<')) return place;
  const path = place.includes('\\') ? place.replaceAll('\\', '/') : place;
  const start = path.lastIndexOf(NODE_MODULES);
  return start >= 0
    ? path.slice(start + NODE_MODULES.length)
    : path.slice(path.lastIndexOf('/') + 1);
}
