/** Installs the npm packages of package-lock.json when node_modules does not hold them. */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageRoot, run, SetupError } from './stage.mjs';

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

/**
 * Run npm: the one that runs this script, if one does, else the one on the PATH.
 *
 * @param {string[]} args @param {string} [cwd] @param {NodeJS.ProcessEnv} [env] @param {boolean} [quiet]
 */
export function npm(args, cwd = packageRoot, env = process.env, quiet = false) {
  const script = env.npm_execpath;
  if (script && basename(script) === 'npm-cli.js') return run(process.execPath, [script, ...args], { cwd, env, quiet });
  // On Windows it is a script, which only a shell runs.
  return run('npm', args, { cwd, env, quiet, shell: process.platform === 'win32' });
}

/** @param {string} output of npm @returns {string} why it failed, and what to do about it */
export function npmReason(output) {
  if (/^spawn .*ENOENT/.test(output))
    return `${output.trim()}. Install npm, which comes with Node, and put it on the PATH.`;
  const lines = [...output.matchAll(/^npm (?:error|ERR!) (.+)$/gm)].map((match) => String(match[1]));
  const code = lines.find((line) => line.startsWith('code '))?.slice(5) ?? '';
  const reason = lines.find((line) => !/^(code|errno|syscall|path) /.test(line)) ?? output.trim().split('\n').at(-1);
  if (code === 'ENOSPC') return 'no space left on the disk. Free some and run again.';
  if (/^(ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ERR_SOCKET_TIMEOUT|E5\d\d)$/.test(code)) {
    return `${reason}. The package registry cannot be reached: check the network and \`npm config get registry\`.`;
  }
  return `${reason}`;
}
