/** What `foothold quickstart` does: runs the quickstart and tells of it, results on standard output, progress on stderr. */
import { figures, quickstart } from '../quickstart/quickstart.js';
import { baseLine, introduction, report } from '../quickstart/report.js';
import { freeFolder } from '../quickstart/run.js';
import { Interrupt } from './interrupt.js';
import { openProgress } from './progress/index.js';
import { stoppedText } from './training.js';

export interface QuickstartArguments {
  seed: number;
  out: string;
  steps: number;
  quiet: boolean;
  json: boolean;
}

export async function runQuickstart({ seed, out, steps, quiet, json }: QuickstartArguments): Promise<void> {
  const width = Math.min(process.stdout.columns ?? 80, 100);
  const progress = openProgress({ quiet, json });
  const say = (lines: readonly string[], data?: object) => {
    if (data || !json) progress.report(data ?? {}, () => `${[...lines, ''].join('\n')}\n`);
  };
  const output = freeFolder(out);
  say(introduction(width));
  if (output !== out) say([`${out} is taken; this run goes into ${output}.`]);

  const interrupt = new Interrupt((message) => progress.log(message));
  try {
    const made = await quickstart({
      output,
      seed,
      maxSteps: steps,
      signal: interrupt.signal,
      onWarning: (message) => progress.warn(message),
      onPhase: (phase) => progress.enter(phase),
      onEvaluate: () => progress.enter('evaluate'),
      onProgress: (tokens) => progress.advance(tokens),
      onTrainer: (trainer) => interrupt.attach(trainer),
      onEvaluation: (base) => say(baseLine(base, width)),
      trackers: [progress],
    });
    progress.close();
    if (made.after) say(['', ...report(made, width)], figures(made));
    else progress.log(`${stoppedText(made.result)}\nFigures before and after come with a whole quickstart only.`);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    progress.close();
    progress.log(`Stopped while evaluating. What was made so far is in ${output}.`);
  } finally {
    progress.close();
    interrupt.detach();
  }
  if (interrupt.exitCode !== undefined) process.exitCode = interrupt.exitCode;
}
