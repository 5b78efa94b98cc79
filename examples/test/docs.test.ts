import * as assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { EXAMPLES } from '../src/runner/examples';

const ROOT = path.resolve(__dirname, '../../..');
const LINK = /\]\(([^)\s]+)\)/g;
const CODE = /```[^]*?```|`[^`\n]*`/g;
const RUN_SCRIPT = /npm run ([\w:-]+)/g;

function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** The Markdown files directly in a folder, or in its subfolders too. */
function markdownIn(folder: string, recursive = false): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && path.basename(file) !== 'CHANGELOG.md')
    .map((file) => path.join(folder, file));
}

const documents = [
  ...['.', 'docs/dashboards', 'examples'].flatMap((folder) => markdownIn(folder)),
  ...markdownIn('docs', true),
  ...readdirSync(path.join(ROOT, 'packages')).flatMap((name) =>
    markdownIn(path.join('packages', name)),
  ),
];

/** Anchors of a document's headings, as GitHub makes them, and those it has as elements. */
function anchors(markdown: string): string[] {
  const counts = new Map<string, number>();
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => {
    const anchor = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\- _]/gu, '')
      .replaceAll(' ', '-');
    // The second heading of the same text is numbered 1.
    const count = counts.get(anchor) ?? 0;
    counts.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
  const elements = [...markdown.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id);
  return [...headings, ...elements];
}

describe('documents', () => {
  it('show the code and the names as they are', () => {
    const check = spawnSync(process.execPath, ['scripts/docs.cjs', '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.strictEqual(check.stderr, '');
    assert.strictEqual(check.status, 0);
  });

  for (const file of documents) {
    it(`${file}: its links lead somewhere`, () => {
      for (const [, link = ''] of read(file).replace(CODE, '').matchAll(LINK)) {
        if (/^[a-z]+:/.test(link)) continue;
        const [target = '', anchor] = link.split('#');
        const targetFile = target === '' ? file : path.join(path.dirname(file), target);
        assert.ok(existsSync(path.join(ROOT, targetFile)), link);
        if (anchor !== undefined) assert.ok(anchors(read(targetFile)).includes(anchor), link);
      }
    });
  }

  it('name only scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const file of documents) {
      for (const [, script = ''] of read(file).matchAll(RUN_SCRIPT)) {
        assert.ok(Object.hasOwn(scripts, script), `npm run ${script} in ${file}`);
      }
    }
  });

  it('say in every README whose project this is', () => {
    for (const file of documents.filter((name) => path.basename(name) === 'README.md')) {
      if (!/^(?:packages\/(?:instr|exp)|README|docs|dashboards)/.test(file)) continue;
      assert.match(
        read(file),
        /independent project, not one of Databricks or\s+OpenTelemetry/,
        file,
      );
    }
  });

  it('explain every reason for which a record is dropped', () => {
    const source = read('packages/exporter-databricks-telemetry/src/record.ts');
    const list = /export const DROP_REASONS = \[([^\]]+)\]/.exec(source)?.[1] ?? '';
    const reasons = [...list.matchAll(/'(\w+)'/g)].map(([, reason]) => reason);
    const table = /### Reasons of `dropped`([^]+?)\n## /.exec(read('docs/troubleshooting.md'))?.[1];
    const explained = [...(table ?? '').matchAll(/^\| `(\w+)`/gm)].map(([, reason]) => reason);
    assert.deepStrictEqual(new Set(explained), new Set(reasons));
  });

  it('list every example', () => {
    const listed = [...read('examples/README.md').matchAll(/^\| \[`([\w-]+)`\]/gm)];
    assert.deepStrictEqual(
      listed.map(([, name]) => name),
      EXAMPLES.map(({ name }) => name),
    );
  });
});
