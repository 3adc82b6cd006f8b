import type { ChatArguments } from '../chat.js';
import type { Command } from '../command.js';
import { UsageError } from '../failure.js';
import { modelOption, placementOptions } from '../placement.js';

export const chat: Command<Omit<ChatArguments, 'maxTokens' | 'topP' | 'topK' | 'minP'> & { 'max-tokens': number }> = {
  command: 'chat',
  describe: 'Talk to a model in the terminal',
  examples: [
    ['foothold chat --model runs/first', "with a run's result"],
    ['echo "What is 17 + 25?" | foothold chat --model runs/first', 'one question, one answer'],
  ],
  builder: (yargs) =>
    yargs
      .options(modelOption)
      .option('system', { type: 'string', describe: 'What the model is told before the talk' })
      .option('max-tokens', { type: 'number', default: 512, describe: 'Most tokens of an answer' })
      .option('temperature', { type: 'number', default: 0.7, describe: '0 takes the likeliest token each time' })
      .option('top-p', { type: 'number', default: 0.95, describe: 'Draw from the likeliest tokens of this share' })
      .option('top-k', { type: 'number', default: 0, describe: 'Draw from this many likeliest tokens; 0: from all' })
      .option('min-p', { type: 'number', default: 0, describe: 'Least share of the likeliest token’s probability' })
      .option('seed', { type: 'number', default: 0, describe: 'Seed of the sampling' })
      .options(placementOptions),
  handler: async (options) => {
    const given = options as unknown as ChatArguments;
    check(given);
    const { runChat } = await import('../chat.js');
    await runChat(given);
  },
};

function check({ maxTokens, temperature, topP, topK, minP, seed }: ChatArguments): void {
  const whole = (value: number, least: number) => Number.isInteger(value) && value >= least;
  if (!whole(maxTokens, 1)) throw new UsageError('--max-tokens takes a whole number from 1 on');
  if (!(temperature >= 0)) throw new UsageError('--temperature takes a number from 0 on');
  if (!(topP > 0 && topP <= 1)) throw new UsageError('--top-p takes a number above 0, up to 1');
  if (!whole(topK, 0)) throw new UsageError('--top-k takes a whole number from 0 on');
  if (!(minP >= 0 && minP <= 1)) throw new UsageError('--min-p takes a number from 0 to 1');
  if (!whole(seed, 0) || seed > 0xffff_ffff) throw new UsageError('--seed takes a whole number from 0 to 4294967295');
}
