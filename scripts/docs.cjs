// Keeps the documents and the code together: writes what is old, with `--check` only names it and fails.
//
//   <!-- snippet: path -->        the next fenced block is that file
//   <!-- attributes: pattern -->  the next table lists the names of semconv.ts that match, with their docstrings as the
//                                 last column; the columns between are written by hand and kept
//
// Also writes docs/semconv/databricks.yaml from the same names.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const prettier = require('prettier');
const { semconvNames } = require('./semconv-names.cjs');
const { semconvRegistry } = require('./semconv-registry.cjs');

const root = path.resolve(__dirname, '..');
const REGISTRY = 'docs/semconv/databricks.yaml';
const SKIPPED_FOLDERS = new Set(['node_modules', 'build', 'coverage', '.git']);
const LANGUAGES = { '.cjs': 'js', '.mjs': 'js', '.ts': 'ts', '.json': 'json', '.yaml': 'yaml' };

const SNIPPET = /<!-- snippet: (\S+) -->\n\n```.*\n[^]*?\n```\n/g;
const ATTRIBUTES = /<!-- attributes: (\S+) -->\n\n((?:\|.*\n)*)/g;

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

/** The attributes and metrics of semconv.ts, as the tables show them. */
function documentedNames() {
  return semconvNames()
    .filter(({ constant }) => /^(?:ATTR|METRIC)_/.test(constant))
    .map(({ name, meaning }) => ({
      name,
      meaning: meaning.replace(/\{@link (\w+)\}/g, '`$1`').replaceAll('|', '\\|'),
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

function contents(file, before) {
  return file === REGISTRY
    ? semconvRegistry()
    : before.replace(SNIPPET, snippet).replace(ATTRIBUTES, attributeTable);
}

async function main() {
  const isCheck = process.argv.includes('--check');
  const old = [];
  // The registry comes last: it reads the tables.
  for (const file of [...markdownFiles('.'), REGISTRY]) {
    const filepath = path.join(root, file);
    const before = fs.existsSync(filepath) ? fs.readFileSync(filepath, 'utf8') : '';
    const text = contents(file, before);
    if (text === before) continue;
    const style = await prettier.resolveConfig(filepath);
    const after = await prettier.format(text, { ...style, filepath });
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
