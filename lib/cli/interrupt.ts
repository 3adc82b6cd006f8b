/** How a running training ends on a signal. */

/** What lets its step in progress finish. */
interface Stoppable {
  stop(): void;
}

/** The first signal lets the step finish, if there is one, the second abandons it, the third ends the process. */
export class Interrupt {
  private readonly abort = new AbortController();
  private running: Stoppable | undefined;
  private count = 0;
  exitCode: number | undefined;

  constructor(private readonly say: (message: string) => void) {
    process.on('SIGINT', this.onSignal).on('SIGTERM', this.onSignal);
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  attach(running: Stoppable): void {
    this.running = running;
    if (this.count > 0) running.stop();
  }

  detach(): void {
    process.off('SIGINT', this.onSignal).off('SIGTERM', this.onSignal);
  }

  private readonly onSignal = (signal: NodeJS.Signals): void => {
    this.exitCode = signal === 'SIGINT' ? 130 : 143;
    this.count++;
    if (this.count === 1 && this.running) {
      this.say('Finishing this step, then saving. Once more (Ctrl-C) gives the step up.');
      this.running.stop();
    } else if (this.count === 1) {
      this.count = 2; // before the training there is no step to finish
      this.say('Stopping. Once more (Ctrl-C) ends at once.');
      this.abort.abort(new Error(`interrupted by ${signal}`));
    } else if (this.count === 2) {
      this.say('Giving up this step. Once more (Ctrl-C) ends at once, without saving.');
      this.abort.abort(new Error(`interrupted by ${signal}`));
    } else {
      process.exit(this.exitCode);
    }
  };
}
