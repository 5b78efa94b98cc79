import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->` in a page. */
export async function writeSection(page: string, name: string, content: string): Promise<void> {
  const text = readFileSync(page, 'utf8');
  const pattern = new RegExp(`(<!-- ${name} -->).*?(<!-- /${name} -->)`, 's');
  if (!pattern.test(text)) throw new Error(`${page} has no section ${name}`);
  const replaced = text.replace(pattern, (_, begin: string, end: string) =>
    [begin, content, end].join('\n\n'),
  );
  const options = await resolveConfig(page);
  writeFileSync(page, await format(replaced, { ...options, parser: 'markdown' }));
}
