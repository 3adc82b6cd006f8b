/** The page's own modules as one script, since a file that is opened from a disk cannot import others. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const IMPORT = /^import \{[^}]*\} from '\.\/([\w-]+\.js)';\n/gm;

/**
 * Modules of a folder joined in the order in which they need each other. They share one scope, as the names at their top
 * level are all different (the engine refuses the script otherwise), so imports and `export` just fall away. That asks
 * for plain modules: named imports from files beside them, not renamed, and exported declarations.
 *
 * @throws Error for a module that is not plain
 */
export function bundle(folder: string, entry: string): string {
  const done = new Set<string>();
  const parts: string[] = [];
  const add = (name: string) => {
    if (done.has(name)) return;
    done.add(name);
    const source = readFileSync(join(folder, name), 'utf8');
    for (const [statement, needed] of source.matchAll(IMPORT)) {
      if (statement.includes(' as ')) throw new Error(`${name}: a renamed import cannot be bundled`);
      add(needed!);
    }
    const body = source.replaceAll(IMPORT, '').replaceAll(/^export (?=(async )?function|class|const)/gm, '');
    const left = /^(import|export)\b.*/m.exec(body);
    if (left) throw new Error(`${name}: cannot be bundled: ${left[0]}`);
    parts.push(body);
  };
  add(entry);
  return `\n${parts.join('\n')}`;
}
