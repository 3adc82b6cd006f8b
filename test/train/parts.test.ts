import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeTemplate } from '../../lib/prompt/template.js';
import { Deck } from '../../lib/train/draw.js';
import { reasonToDrop, spread } from '../../lib/train/filter.js';
import { deriveSeed, permutation } from '../../lib/train/random.js';
import { learningRateAt, type Schedule } from '../../lib/train/schedule.js';
import { progressFromJson, progressToJson } from '../../lib/train/serialize.js';
import { demonstration, renderDemonstration } from '../../lib/train/sft.js';
import { tokenizer } from './tiny_run.js';

describe('learningRateAt', () => {
  const file = new URL('../fixtures/train/schedules.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: (Schedule & { rates: number[] })[] };
  it.each(cases)(
    '$lrSchedulerType, warm-up $warmupRatio of $totalSteps, as transformers has it',
    ({ rates, ...schedule }) => {
      rates.forEach((rate, step) => {
        expect(learningRateAt(step, schedule)).toBeCloseTo(rate, 15);
      });
    },
  );
});

describe('random numbers', () => {
  it('derive from seed and counters alone', () => {
    expect(deriveSeed(1, 2, 3)).toBe(deriveSeed(1, 2, 3));
    const seeds = [
      deriveSeed(1, 2, 3),
      deriveSeed(1, 3, 2),
      deriveSeed(2, 2, 3),
      deriveSeed(1, 2),
      deriveSeed(1, 2, 4),
    ];
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)).toBe(true);
  });

  it('shuffle evenly', () => {
    const counts = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
    for (let seed = 0; seed < 4000; seed++)
      permutation(4, deriveSeed(seed)).forEach((value, place) => {
        counts[value]![place]!++;
      });
    for (const count of counts.flat()) expect(Math.abs(count - 1000)).toBeLessThan(140); // five standard deviations
  });
});

describe('Deck', () => {
  it('gives every instance once an epoch, in another order each, and only by the position', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.nat(1000), (size, seed) => {
        const deck = new Deck(size, seed);
        const drawn = Array.from({ length: 3 * size }, (_, position) => deck.indexAt(position));
        for (const epoch of [0, 1, 2]) {
          const own = drawn.slice(epoch * size, (epoch + 1) * size).sort((a, b) => a - b);
          expect(own).toEqual(Array.from({ length: size }, (_, i) => i));
        }
        expect(new Deck(size, seed).indexAt(2 * size)).toBe(drawn[2 * size]);
      }),
    );
    const deck = new Deck(20, 1);
    const epoch = (e: number) => Array.from({ length: 20 }, (_, i) => deck.indexAt(20 * e + i));
    expect(epoch(0)).not.toEqual(epoch(1));
  });
});

describe('the filter', () => {
  const group = (rewards: number[], malformed = false) => ({
    scores: rewards.map((reward) => ({
      reward,
      malformed: malformed ? ('noThink' as const) : null,
      thought: null,
      action: null,
      parts: [],
    })),
  });

  it('takes the population standard deviation', () => {
    expect(spread([1, 3]).std).toBe(1); // the sample's would be √2
    expect(spread([0.1, 0.1, 0.1]).std).toBe(0);
    expect(spread([]).std).toBeNaN();
    expect(reasonToDrop(group([0, 0.1]), 0.05, 1)).toBe('alike'); // σ = 0.05 does not exceed 0.05
    expect(reasonToDrop(group([0, 0.102]), 0.05, 1)).toBeNull();
  });

  it.each([
    [[1, 1, 1], false, 'allRight'],
    [[0, 0, 0], false, 'allWrong'],
    [[-1, -1], true, 'allMalformed'],
    [[0.5, 0.51], false, 'alike'],
    [[Number.NaN, Number.NaN], false, 'noReward'],
    [[Number.NaN, 1, 1], false, 'allRight'],
    [[0, 1, Number.NaN], false, null],
  ])('%j → %s', (rewards, malformed, reason) => {
    expect(reasonToDrop(group(rewards, malformed), 0.05, 1)).toBe(reason);
  });

  it('0 turns it off, but a group without any reward is never kept', () => {
    expect(reasonToDrop(group([1, 1]), 0, 1)).toBeNull();
    expect(reasonToDrop(group([Number.NaN]), 0, 1)).toBe('noReward');
  });
});

it('a saved buffer reads back to the same bits', () => {
  const instance = { id: 'i', trajectoryId: 'i', step: 1, numSteps: 2, problem: 'p', context: [], target: 't' };
  const progress = {
    step: 3,
    stageStep: 2,
    position: 17,
    rollouts: 5,
    keepRate: 1 / 3,
    numTokens: 99,
    buffer: [
      {
        instance,
        prompt: 'p',
        promptIds: Int32Array.of(1, 2),
        prefilled: false,
        completions: [{ ids: Int32Array.of(7), logProbs: Float32Array.of(Math.log(0.3)), finished: true, text: 'x' }],
        scores: [{ reward: Number.NaN, malformed: null, thought: 'a', action: 'b', parts: [Number.NaN, 0.1 + 0.2] }],
      },
    ],
  };
  expect(progressFromJson(JSON.parse(JSON.stringify(progressToJson(progress))))).toEqual(progress);
});

describe('demonstration', () => {
  const instance = { id: 'i', trajectoryId: 'i', step: 1, numSteps: 2, problem: 'p', context: [], target: 'x=1' };
  it.each([
    [undefined, false, 'x=1'],
    ['hm', false, '<think>hm</think>x=1'],
    ['hm', true, 'hm</think>x=1'],
    [undefined, true, '\n</think>\n\nx=1'],
  ])('thought %j, prefilled %j', (thought, prefilled, expected) => {
    expect(demonstration({ instance: { ...instance, ...(thought && { thought }) }, prefilled })).toBe(expected);
  });

  it.each([
    [[0], [0]], // the tokenizer's own: <end>
    [[7, 5, 0], [0]],
    [[7, 5], [7]],
    [[], []],
  ])('of a model that ends with any of %j ends with %j', async (eosTokenIds, end) => {
    const { answerIds } = renderDemonstration(instance, makeTemplate('{{problem}}', 't'), { tokenizer, eosTokenIds });
    expect(answerIds).toEqual([...tokenizer.encode('x=1'), ...end]);
  });
});
