// Keeps the documents and the code together: writes what is old, with `--check` only names it and fails.
//
//   <!-- snippet: path -->        the next fenced block is that file
//   <!-- attributes: pattern -->  the next table lists the names of semconv.ts that match, with their docstrings as the
//                                 last column; the columns between are written by hand and kept
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const prettier = require('prettier');

const root = path.resolve(__dirname, '..');
const SEMCONV = 'packages/instrumentation-databricks-sql/src/semconv.ts';
const SKIPPED_FOLDERS = new Set(['node_modules', 'build', 'coverage', '.git']);
const LANGUAGES = { '.cjs': 'js', '.mjs': 'js', '.ts': 'ts', '.json': 'json', '.yaml': 'yaml' };

const SNIPPET = /<!-- snippet: (\S+) -->\n\n```.*\n[^]*?\n```\n/g;
const ATTRIBUTES = /<!-- attributes: (\S+) -->\n\n((?:\|.*\n)*)/g;
const CONSTANT =
  /(?:\/\*\*((?:[^*]|\*(?!\/))*)\*\/\n)?export const (?:ATTR|METRIC)_\w+ =\s*'([^']+)';/g;

function markdownFiles(folder) {
  return fs.readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : markdownFiles(file);
    return entry.name.endsWith('.md') && entry.name !== 'CHANGELOG.md' ? [file] : [];
  });
}

function snippet(_, file) {
  const code = fs.readFileSync(path.join(root, file), 'utf8').trimEnd();
  const language = LANGUAGES[path.extname(file)] ?? '';
  return `<!-- snippet: ${file} -->\n\n\`\`\`${language}\n${code}\n\`\`\`\n`;
}

/** The names of semconv.ts with their docstrings on one line, in the order of the file. */
function documentedNames() {
  const source = fs.readFileSync(path.join(root, SEMCONV), 'utf8');
  return [...source.matchAll(CONSTANT)].map(([, docstring, name]) => ({
    name,
    meaning: (docstring ?? '')
      .replace(/\s*\n\s*\* ?/g, ' ')
      .replace(/\{@link (\w+)\}/g, '`$1`')
      .replaceAll('|', '\\|')
      .trim(),
  }));
}

function cells(row) {
  return row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

function attributeTable(_, pattern, table) {
  const [header = ['Name', 'Meaning'], , ...rows] = table.trimEnd().split('\n').map(cells);
  const kept = new Map(rows.map(([name, ...rest]) => [name, rest.slice(0, -1)]));
  const lines = documentedNames()
    .filter(({ name }) => new RegExp(pattern).test(name))
    .map(({ name, meaning }) => {
      const unknown = header.slice(2).map(() => '?');
      const between = kept.get(`\`${name}\``) ?? unknown;
      return [`\`${name}\``].concat(between, meaning);
    });
  const written = [header, header.map(() => '---'), ...lines].map(
    (row) => `| ${row.join(' | ')} |\n`,
  );
  return `<!-- attributes: ${pattern} -->\n\n${written.join('')}`;
}

async function main() {
  const isCheck = process.argv.includes('--check');
  const old = [];
  for (const file of markdownFiles('.')) {
    const filepath = path.join(root, file);
    const before = fs.readFileSync(filepath, 'utf8');
    const written = before.replace(SNIPPET, snippet).replace(ATTRIBUTES, attributeTable);
    if (written === before) continue;
    const style = await prettier.resolveConfig(filepath);
    const after = await prettier.format(written, { ...style, filepath });
    if (after === before) continue;
    old.push(file);
    if (!isCheck) fs.writeFileSync(filepath, after);
  }
  if (isCheck && old.length > 0) {
    console.error(`Out of date: ${old.join(', ')}. \`npm run docs\` writes them.`);
    process.exitCode = 1;
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
