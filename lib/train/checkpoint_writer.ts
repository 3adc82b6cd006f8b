/** Checkpoints written while training goes on, one on its way at a time, and what is done when the disk refuses. */
import type { RunConfig } from '../config/index.js';
import { UserError } from '../errors.js';
import type { ModelSource } from '../model/source.js';
import { pruneCheckpoints, saveCheckpoint } from './checkpoint.js';
import { isWriteError, whenThereIsRoom } from './disk.js';
import type { TrainablePolicy } from './policy.js';
import type { RunDirectory } from './run_directory.js';
import type { RunState } from './state.js';

export interface WriterOptions {
  model: ModelSource;
  /** What every checkpoint says of where it comes from. */
  origin: { versions: object; config: RunConfig };
  /** Seconds that a full disk is waited for. */
  diskFullTimeout: number;
  /** False ends that waiting. */
  goOn: () => boolean;
  warn: (message: string) => void;
}

/** What is to be saved. */
export interface Snapshot {
  policy: TrainablePolicy;
  state: RunState;
  saveTotalLimit: number;
}

export class CheckpointWriter {
  private current: Promise<void> = Promise.resolve();
  private failed: Error | null = null;

  /** @param written step of the last whole checkpoint; null when there is none. */
  constructor(
    private readonly directory: RunDirectory,
    private readonly options: WriterOptions,
    public written: number | null,
  ) {}

  /** Why the last checkpoint, or lines, could not be written: {@link save} tries again. */
  get failure(): Error | null {
    return this.failed ?? this.directory.failure;
  }

  /** Begin to write a checkpoint. Resolves as soon as training may go on; the one before is waited for. */
  begin(snapshot: Snapshot): Promise<void> {
    return this.secure(snapshot.state, () => this.start(snapshot));
  }

  /** Write a checkpoint, and wait until it and all lines are on the disk. */
  save(snapshot: Snapshot): Promise<void> {
    return this.secure(snapshot.state, async () => {
      await this.start(snapshot);
      await this.settle();
      await this.directory.flush();
    });
  }

  /** Wait for the checkpoint on its way. @throws why it could not be written; told once. */
  async settle(): Promise<void> {
    await this.current;
    const { failed } = this;
    this.failed = null;
    if (failed) throw failed;
  }

  /** Write; a full disk is waited for. @throws UserError that says what is safe. */
  async secure({ progress: { step } }: RunState, write: () => Promise<void>): Promise<void> {
    const { diskFullTimeout, goOn, warn } = this.options;
    const onWait = ({ message }: Error) => warn(`${message}. Training waits until there is room (Ctrl-C gives up)`);
    try {
      await whenThereIsRoom(write, diskFullTimeout, goOn, onWait);
    } catch (error) {
      if (!isWriteError(error)) throw error;
      const safe =
        this.written === null
          ? 'No checkpoint was written yet'
          : `Safe is checkpoint step-${this.written}; what came after it is made again`;
      throw new UserError(
        `${error.message}. Training stopped after step ${step}. ${safe}. When the disk can be written: foothold train ` +
          `${this.directory.path} --resume`,
        'FOOTHOLD_DISK',
        { cause: error },
      );
    }
  }

  private async start({ policy, state, saveTotalLimit }: Snapshot): Promise<void> {
    await this.settle();
    const { step } = state.progress;
    if (this.written === step) return;
    const { checkpoints } = this.directory;
    const { model, origin } = this.options;
    const { dtype } = origin.config.model;
    const flush = () => this.directory.flush();
    const { taken, written } = saveCheckpoint(checkpoints, policy, model, dtype, state, origin, flush);
    const keep = [step, state.best?.step ?? null, state.start];
    const whole = async () => {
      await written;
      this.written = step;
      await pruneCheckpoints(checkpoints, saveTotalLimit, keep);
    };
    this.current = whole().catch((error: Error) => {
      this.failed = error;
    });
    await taken.catch(() => {}); // told by settle
  }
}
