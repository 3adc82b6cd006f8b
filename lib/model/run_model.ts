/** Which model is meant by the directory of a run. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.js';

/**
 * The run's resulting model for a run's directory; everything else as it is given.
 * @throws UserError when the run has not finished, naming its newest checkpoint.
 */
export function modelPath(given: string): string {
  if (!existsSync(join(given, 'config.yaml')) || existsSync(join(given, 'config.json'))) return given;
  const model = join(given, 'model');
  if (existsSync(join(model, 'config.json'))) return model;
  const newest = checkpointSteps(join(given, 'checkpoints')).at(-1);
  throw new UserError(
    newest === undefined
      ? `${given} is a run that has no model yet: it has not finished, nor saved a checkpoint.`
      : `${given} is a run that has not finished. Its newest checkpoint is ${join(given, 'checkpoints', `step-${newest}`)}: ` +
          `give that, or go on with the run: foothold train ${given} --resume.`,
  );
}

function checkpointSteps(folder: string): number[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.flatMap((name) => /^step-(\d+)$/.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => a - b);
}
