// Packs the published packages into `release/`, and writes beside each what an installation of it brings (CycloneDX).
// The folder to write to can be given. What is listed comes from an installation without scripts in an empty folder.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const target = path.resolve(process.argv[2] ?? path.join(root, 'release'));

/** npm is a batch file on Windows, which only a shell starts; arguments are quoted, for paths with spaces. */
function npm(args, cwd) {
  const command = ['npm', ...args.map((argument) => JSON.stringify(argument))].join(' ');
  const { status, stdout, stderr } = spawnSync(command, {
    cwd,
    shell: true,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${command} failed:\n${stderr}`);
  return stdout;
}

function manifestOf(directory) {
  return JSON.parse(readFileSync(path.join(root, 'packages', directory, 'package.json'), 'utf8'));
}

function pack(directory) {
  const folder = path.join(root, 'packages', directory);
  const [{ filename }] = JSON.parse(npm(['pack', '--json', '--pack-destination', target], folder));
  return path.join(target, filename);
}

/** What `npm sbom` lists for an empty project that has installed `tarballs`, with `name` as its subject. */
function billOfMaterials(name, tarballs) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'installation-'));
  try {
    const project = { name: 'installation', version: '0.0.0', private: true };
    writeFileSync(path.join(folder, 'package.json'), JSON.stringify(project));
    npm(['install', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs], folder);
    const bom = JSON.parse(npm(['sbom', '--sbom-format', 'cyclonedx'], folder));
    return aboutPackage(bom, name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The bill with the package as its subject in place of the empty project. */
function aboutPackage(bom, name) {
  const purl = `pkg:npm/${name.replace('@', '%40')}@`;
  const subject = bom.components.find((component) => component.purl.startsWith(purl));
  const project = bom.metadata.component['bom-ref'];
  const reached = new Set();
  const pending = [subject['bom-ref']];
  const edges = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  for (let ref = pending.pop(); ref !== undefined; ref = pending.pop()) {
    if (reached.has(ref)) continue;
    reached.add(ref);
    pending.push(...(edges.get(ref) ?? []));
  }
  return {
    ...bom,
    metadata: { ...bom.metadata, component: withoutLocalFiles(subject) },
    components: bom.components
      .filter((part) => part !== subject && reached.has(part['bom-ref']))
      .map(withoutLocalFiles),
    dependencies: bom.dependencies.filter(({ ref }) => ref !== project && reached.has(ref)),
  };
}

/** Where the packed file lay on this machine is nothing that a reader can fetch. */
function withoutLocalFiles(part) {
  const references = part.externalReferences.filter(({ url }) => !url.startsWith('file:'));
  return { ...part, externalReferences: references };
}

const published = readdirSync(path.join(root, 'packages')).filter(
  (directory) => manifestOf(directory).private !== true,
);
mkdirSync(target, { recursive: true });
const tarballs = published.map(pack);
for (const directory of published) {
  const { name, version } = manifestOf(directory);
  const bom = billOfMaterials(name, tarballs);
  const file = path.join(target, `${directory}-${version}.cdx.json`);
  writeFileSync(file, `${JSON.stringify(bom, null, 2)}\n`);
  console.log(`${path.relative(root, file)}: ${bom.components.length} components`);
}
