/** Opening a run: its model and its directory, and where it goes on. */
import type { RunConfig } from '../config/index.js';
import { UserError } from '../errors.js';
import { loadModelSource, type ModelSource } from '../model/source.js';
import { lastCheckpoint } from './checkpoint.js';
import { environment } from './environment.js';
import { nativeEngine } from './policy.js';
import type { TrainerOptions } from './run.js';
import { RunDirectory } from './run_directory.js';
import { changesText } from './same_run.js';
import type { StageResources } from './stage.js';
import { firstState, type RunState } from './state.js';

export interface OpenRun {
  /** For this process alone, until it is closed. */
  directory: RunDirectory;
  resources: StageResources;
  state: RunState;
  /** The checkpoint that `state` is of; null at the beginning. */
  last: { folder: string; step: number } | null;
}

/** @throws UserError when model, rewards or run directory cannot be used. */
export async function openRun(config: RunConfig, options: TrainerOptions): Promise<OpenRun> {
  const { onPhase = () => {}, onProgress, onWarning: say = () => {}, rewards = {} } = options;
  onPhase('fetch');
  const model = await loadModelSource(config.model.path, {
    onProgress: ({ received, total }) => onProgress?.({ done: received, total }),
    signal: options.signal,
  });
  const engine = options.engine ?? (await nativeEngine());
  const directory = await RunDirectory.open(config.output, options, say);
  const warn = (message: string) => {
    directory.note('warning', { message });
    say(message);
  };
  try {
    const { checkpoints } = directory;
    const resources: StageResources = { config, model, engine, checkpoints, rewards, warn, onPhase };
    return { directory, resources, ...(await pickUp(directory, config, model, options.override, warn)) };
  } catch (error) {
    directory.close();
    throw error;
  }
}

/** Go on where the last checkpoint is; at the beginning if there is none. */
async function pickUp(
  directory: RunDirectory,
  config: RunConfig,
  model: ModelSource,
  override: boolean | undefined,
  warn: (message: string) => void,
): Promise<Pick<OpenRun, 'state' | 'last'>> {
  const last = await lastCheckpoint(directory.checkpoints, warn);
  const state = last?.state ?? firstState();
  if (state.stage >= config.stages.length) throw tooFewStages(directory.path, state, config);
  const changes = await directory.adopt(config, state.stage, override);
  if (changes.some(({ key }) => key.endsWith('.maxTokensPerMicroBatch'))) state.maxTokensPerMicroBatch = null;
  const made = last?.step ?? -1;
  await directory.rewind(state.unvalidated ? made - 1 : made, state.stage);
  await directory.writeEnvironment(environment(model));
  directory.note(last ? 'resumed' : 'begun', { step: state.progress.step, ...(changes.length > 0 && { changes }) });
  if (changes.length > 0) warn(`going on with other settings:\n${changesText(changes)}`);
  return { state, last };
}

function tooFewStages(path: string, { stage, progress }: RunState, { stages }: RunConfig): UserError {
  return new UserError(
    `The last checkpoint of ${path} (step ${progress.step}) is of stage ${stage + 1}, the configuration has ${stages.length}.`,
    'FOOTHOLD_RUN',
  );
}
