import { describe, expect, it } from 'vitest';
import { parseCompletion, parseLeniently } from '../../lib/reward/format.js';

const plain = { prefilled: false, finished: true };

describe('parseCompletion', () => {
  it.each([
    ['<think>a thought</think>the action', 'a thought', 'the action'],
    ['<think>\n a\nb \n</think>\n\n x = 1\n', 'a\nb', 'x = 1'],
    ['Sure! <think>t</think> a', 't', 'a'],
    ['<think>1 < 2 & <b></think><i>ok</i>', '1 < 2 & <b>', '<i>ok</i>'],
  ])('accepts %j', (text, thought, action) => {
    expect(parseCompletion(text, plain)).toEqual({ malformed: null, thought, action });
  });

  it.each([
    ['just an action', 'noThink'],
    ['', 'noThink'],
    ['a thought</think>action', 'unclosedThink'],
    ['<think>never ends', 'unclosedThink'],
    ['</think>a<think>b', 'unclosedThink'],
    ['<think>a</think>b<think>c</think>d', 'severalThinks'],
    ['<think>a<think>b</think>c', 'severalThinks'],
    ['<think>a</think>b</think>c', 'severalThinks'],
    ['<think> \n</think>action', 'emptyThought'],
    ['<think>thought</think> \n', 'emptyAction'],
    ['<THINK>a</THINK>b', 'noThink'],
  ])('refuses %j: %s', (text, reason) => {
    expect(parseCompletion(text, plain)).toEqual({ malformed: reason, thought: null, action: null });
  });

  it('knows a prompt that has opened the thought', () => {
    const prefilled = { prefilled: true, finished: true };
    expect(parseCompletion('thought</think>action', prefilled)).toMatchObject({ thought: 'thought', action: 'action' });
    expect(parseCompletion('<think>again</think>action', prefilled).malformed).toBe('severalThinks');
    expect(parseCompletion('no end', prefilled).malformed).toBe('unclosedThink');
    expect(parseCompletion('</think>action', prefilled).malformed).toBe('emptyThought');
  });

  it('tells what was cut from what is wrong', () => {
    const cut = { prefilled: false, finished: false };
    expect(parseCompletion('<think>long', cut).malformed).toBe('truncated');
    expect(parseCompletion('<think>a</think>', cut).malformed).toBe('truncated');
    expect(parseCompletion('<think>a</think>half an act', cut)).toMatchObject({
      malformed: null,
      action: 'half an act',
    });
    expect(parseCompletion('<think>a</think>b<think>', cut).malformed).toBe('severalThinks');
  });
});

describe('parseLeniently', () => {
  it.each([
    ['no thought at all', '', 'no thought at all'],
    ['<think>a</think>b', 'a', 'b'],
    ['<think>a</think>step one. <think>b</think>so 4', 'a\n\nb', 'step one. so 4'],
    ['b <think>cut', 'cut', 'b'],
    ['thought</think>action', 'thought', 'action'],
    ['', '', ''],
  ])('%j', (text, thought, action) => {
    expect(parseLeniently(text, { prefilled: false })).toEqual({ thought, action });
  });

  it('knows a prompt that has opened the thought', () => {
    expect(parseLeniently('a</think>b', { prefilled: true })).toEqual({ thought: 'a', action: 'b' });
  });
});
