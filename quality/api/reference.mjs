import path from 'node:path';
import { Application } from 'typedoc';

/** Writes the reference of one package to `<target>/<package>`, as Markdown from the docstrings of its entries. */
export async function writeReference(pkg, target) {
  const application = await Application.bootstrapWithPlugins({
    name: pkg.name,
    outputs: [{ name: 'markdown', path: path.join(target, pkg.directory) }],
    entryPoints: pkg.entries.map(({ source }) => source),
    tsconfig: path.join(pkg.folder, 'tsconfig.json'),
    plugin: ['typedoc-plugin-markdown'],
    router: 'module',
    entryFileName: pkg.entries.length === 1 ? 'index' : 'modules',
    readme: 'none',
    disableGit: true,
    disableSources: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    expandObjects: true,
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    propertyMembersFormat: 'table',
    typeDeclarationFormat: 'table',
    logLevel: 'Error',
    validation: false,
  });
  const project = await application.convert();
  if (project === undefined || application.logger.hasErrors()) {
    throw new Error(`TypeDoc could not read ${pkg.name}`);
  }
  await application.generateOutputs(project);
}
