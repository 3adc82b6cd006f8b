/**
 * Preloaded (`node -r`) before the scripts of package.json, so that a Node that is too old gets a sentence. They could not
 * say it themselves: what they import does not exist in it, which ends the process before their first line runs.
 */
const { engines } = require('../package.json');

const [major, minor] = process.versions.node.split('.').map(Number);
const [neededMajor, neededMinor] = engines.node.replace('>=', '').split('.').map(Number);
if (major < neededMajor || (major === neededMajor && minor < neededMinor)) {
  process.stderr.write(
    `foothold: Node ${process.versions.node} is too old; Foothold needs ${neededMajor}.${neededMinor} or later.\n`,
  );
  process.exit(1);
}
