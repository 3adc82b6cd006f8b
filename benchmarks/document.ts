/** Puts a measured table into docs/benchmarks.md, between `<!-- NAME -->` and `<!-- /NAME -->`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));

export function document(name: string, table: string): void {
  const page = readFileSync(file, 'utf8');
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`docs/benchmarks.md has no place for ${name}: "${begin.trim()}" and "${end}"`);
  writeFileSync(file, `${page.slice(0, from)}${begin}\n${table}\n\n${page.slice(to)}`);
}
