/** What `foothold quickstart` does: runs the quickstart and tells of it, results on standard output, progress on stderr. */
import { quickstart } from '../quickstart/quickstart.js';
import { baseLine, introduction, report } from '../quickstart/report.js';
import { freeFolder } from '../quickstart/run.js';
import { Interrupt } from './interrupt.js';
import { Progress } from './progress.js';
import { stoppedText } from './training.js';

export interface QuickstartArguments {
  seed: number;
  out: string;
  steps: number;
}

export async function runQuickstart({ seed, out, steps }: QuickstartArguments): Promise<void> {
  const width = Math.min(process.stdout.columns ?? 80, 100);
  const say = (lines: readonly string[]) => process.stdout.write(`${[...lines, ''].join('\n')}\n`);
  const output = freeFolder(out);
  say(introduction(width));
  if (output !== out) say([`${out} is taken; this run goes into ${output}.`]);

  const progress = new Progress();
  const interrupt = new Interrupt((message) => progress.log(message));
  try {
    const made = await quickstart({
      output,
      seed,
      maxSteps: steps,
      signal: interrupt.signal,
      onWarning: (message) => progress.log(`warning: ${message}`),
      onPhase: (phase) => progress.enter(phase),
      onProgress: (tokens) => progress.advance(tokens),
      onTrainer: (trainer) => interrupt.attach(trainer),
      onEvaluation: (base) => say(baseLine(base, width)),
      onStep: (step) => progress.step(step),
    });
    progress.close();
    if (made.after) say(['', ...report(made, width)]);
    else
      process.stderr.write(`${stoppedText(made.result)}Figures before and after come with a whole quickstart only.\n`);
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    progress.close();
    process.stderr.write(`Stopped while evaluating. What was made so far is in ${output}.\n`);
  } finally {
    progress.close();
    interrupt.detach();
  }
  if (interrupt.exitCode !== undefined) process.exitCode = interrupt.exitCode;
}
