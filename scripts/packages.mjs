/** Installs the npm packages of package-lock.json when node_modules does not hold them. */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageRoot, run, SetupError, which } from './stage.mjs';

/** @param {(what: string) => void} begin */
export async function installPackages(begin) {
  const missing = missingPackage();
  if (!missing) return 'up to date';
  const folder = join(packageRoot, 'node_modules');
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new SetupError(`${folder} is a link and lacks ${missing}. Run \`npm ci\` where it points to.`);
  }
  begin('npm ci');
  const { status, output } = await npm(['ci', '--no-audit', '--no-fund']);
  if (status !== 0) throw new SetupError(`npm ci failed: ${npmReason(output)}`);
  return 'installed';
}

/** First package of package-lock.json that is not installed in that version, or undefined. */
function missingPackage() {
  const installed = readPackages('node_modules/.package-lock.json');
  for (const [path, { version, optional }] of Object.entries(readPackages('package-lock.json'))) {
    const there = installed[path];
    // Packages for other platforms are optional, and left out.
    if (path === '' || (!there && optional)) continue;
    if (there?.version !== version || !existsSync(join(packageRoot, path))) {
      return `${path.replace(/^.*node_modules\//, '')} ${version}`;
    }
  }
  return undefined;
}

/** @param {string} file @returns {Record<string, { version: string, optional?: boolean }>} */
function readPackages(file) {
  const path = join(packageRoot, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {};
}

/** @param {string[]} args the npm that runs this script, if one does, else the one on the PATH */
function npm(args) {
  const script = process.env.npm_execpath;
  if (script && basename(script) === 'npm-cli.js') return run(process.execPath, [script, ...args]);
  return run(which(['npm']) ?? 'npm', args);
}

/** @param {string} output of npm; the line that says why, and what to do about it */
function npmReason(output) {
  const lines = [...output.matchAll(/^npm (?:error|ERR!) (.+)$/gm)].map((match) => String(match[1]));
  const reason =
    lines.filter((line) => !/^(code|errno|syscall) |A complete log/.test(line))[0] ?? output.trim().split('\n').at(-1);
  if (/ENOSPC|no space left/i.test(output)) return 'no space left on the disk. Free some and run again.';
  if (/ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ECONNRESET|network/i.test(output)) {
    return `${reason} The package registry could not be reached: check the network and \`npm config get registry\`.`;
  }
  if (/ENOENT/.test(output) && !lines.length) return 'npm is not on the PATH. Install it together with Node 20.';
  return `${reason}`;
}
