/** Importing a module that the user wrote: a splitter, a reward. */
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The exports of a JavaScript module, or of a TypeScript module where Node or an installed tsx can load it.
 *
 * @param file absolute path
 * @throws Error that says what to do about TypeScript that cannot be loaded, or what the module itself threw
 */
export async function importModule(file: string): Promise<Record<string, unknown>> {
  const module = await importFile(file);
  // TypeScript in a folder without "type": "module" arrives as CommonJS, its exports in `default`.
  const inner = module.default;
  return typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>) : module;
}

async function importFile(file: string): Promise<Record<string, unknown>> {
  const url = pathToFileURL(file).href;
  try {
    return await import(url);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_UNKNOWN_FILE_EXTENSION') throw cause;
  }
  // Node before 22.18 knows no TypeScript: tsx does, where it is installed beside the module or in the project.
  for (const from of [file, resolve('package.json')]) {
    try {
      const { tsImport } = (await import(tsxBeside(from))) as typeof import('tsx/esm/api');
      return await tsImport(url, url);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause;
    }
  }
  throw new Error(
    `Node ${process.versions.node} imports TypeScript only with tsx. Install it (npm install tsx), use Node 22.18 or ` +
      'later, or compile the module to .js',
  );
}

/** Address of tsx as `from` finds it. @throws Error with code MODULE_NOT_FOUND when it is not installed. */
export function tsxBeside(from: string): string {
  // `resolve` finds the CommonJS twin of the module that can be imported.
  const twin = createRequire(from).resolve('tsx/esm/api');
  return pathToFileURL(twin.replace(/\.cjs$/, '.mjs')).href;
}
