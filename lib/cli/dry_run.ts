import type { DryRunStage, FormatSample } from '../train/dry_run.js';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** What `foothold train --dry-run` prints. */
export function dryRunText(stages: readonly DryRunStage[]): string {
  return stages.map((stage, i) => stageText(stage, i, stages.length)).join('\n');
}

function stageText(stage: DryRunStage, i: number, count: number): string {
  const { data, lengths, tooLong } = stage;
  const lines = [
    `Stage ${i + 1} of ${count}: ${stage.method}`,
    `  ${data.rows} rows of format ${data.format}, ${data.kept} kept`,
    ...Object.entries(data.dropped).map(([reason, count]) => `    ${count} dropped: ${reason}`),
    `  ${stage.instances} instances to train on, ${stage.validation} held out, ${stage.totalSteps} steps`,
    `  prompts: ${lengths.min} to ${lengths.max} tokens, median ${lengths.median} (${lengths.measured} measured)`,
    `  dropped because longer than maxPromptLength: ${tooLong} of ${lengths.measured} (${percent(tooLong / lengths.measured)})`,
    '  cut: none (a prompt is shown whole or not at all)',
    `  tokens in a step: at most ${stage.tokensPerStep}`,
  ];
  const prompts = stage.prompts.flatMap(({ instance, text, tokens, target }) => [
    '',
    `--- ${instance}: ${tokens} tokens ${'-'.repeat(20)}`,
    text,
    `--- the expert's answer ${'-'.repeat(20)}`,
    target,
  ]);
  if (tooLong === lengths.measured) {
    lines.push('  WARNING: no prompt fits, so nothing can be trained on. Raise maxPromptLength.');
  }
  return [...lines, ...prompts, ...(stage.sample ? sampleText(stage.sample) : []), ''].join('\n');
}

function sampleText(sample: FormatSample): string[] {
  const reasons = Object.entries(sample.malformed).map(([reason, count]) => `${count} ${reason}`);
  const lines = [
    '',
    `Sample of ${sample.completions} completions by the model as it is:`,
    `  malformed (reward -1): ${percent(sample.malformedRatio)}${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}`,
    `  cut by maxCompletionLength: ${percent(sample.clippedRatio)}`,
    `  mean reward ${sample.reward.toFixed(3)}; groups whose rewards are all equal: ${percent(sample.zeroStdRatio)}`,
    '  the first completion:',
    ...sample.example.split('\n').map((line) => `  | ${line}`),
  ];
  if (sample.malformedRatio > 0.9) {
    lines.push(
      '  WARNING: almost nothing follows the format. Raise maxCompletionLength, change the template, or begin with sft.',
    );
  }
  return lines;
}
