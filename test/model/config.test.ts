import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ModelConfig } from '../../bindings/torch.js';
import { configFromJson } from '../../lib/model/config.js';
import { newConfigJson, updatedConfigJson } from '../../lib/model/config_writer.js';
import { LLAMA, MISTRAL, QWEN2, QWEN3 } from './configs.js';

/** Read off the models that transformers builds, by scripts/fixtures/model_config.py. */
const reference: {
  config: Record<string, unknown>;
  expected: Record<string, unknown> & { inverseFrequencies: number[] };
}[] = JSON.parse(readFileSync(new URL('../fixtures/model/configs.json', import.meta.url), 'utf8'));

/** Rotary frequencies that a configuration stands for; llama3 as in Meta's llama-models (`apply_scaling`). */
function inverseFrequencies(config: ModelConfig): number[] {
  const plain = Array.from({ length: config.headDim / 2 }, (_, i) => config.ropeTheta ** ((-2 * i) / config.headDim));
  const scaling = config.ropeScaling;
  if (scaling === null) return plain;
  if (scaling.type === 'linear') return plain.map((frequency) => frequency / scaling.factor);
  return plain.map((frequency) => {
    const turns = (scaling.originalMaxPositionEmbeddings * frequency) / (2 * Math.PI);
    const smooth = (turns - scaling.lowFreqFactor) / (scaling.highFreqFactor - scaling.lowFreqFactor);
    const weight = Math.min(1, Math.max(0, smooth));
    return (1 - weight) * (frequency / scaling.factor) + weight * frequency;
  });
}

function expectSame(config: ModelConfig, expected: (typeof reference)[number]['expected']): void {
  const { inverseFrequencies: frequencies, ...rest } = expected;
  expect(config).toMatchObject(rest);
  inverseFrequencies(config).forEach((frequency, i) => {
    expect(Math.abs(frequency / frequencies[i]! - 1)).toBeLessThan(1e-5);
  });
}

describe('config.json', () => {
  it.each(reference.map(({ config, expected }, i) => [i, JSON.stringify(config), config, expected] as const))(
    '%i is read as the model that transformers builds: %s',
    (_, __, config, expected) => {
      expectSame(configFromJson(config, 'config.json'), expected);
    },
  );

  it.each(reference.map(({ config, expected }, i) => [i, JSON.stringify(config), config, expected] as const))(
    '%i written anew is read as the same model',
    (_, __, config, expected) => {
      const written = newConfigJson(configFromJson(config, 'config.json'), 'float32', {
        bosTokenId: 1,
        eosTokenIds: [2],
        padTokenId: null,
      });
      expectSame(configFromJson(JSON.parse(JSON.stringify(written)), 'config.json'), expected);
    },
  );

  it.each([
    [
      { ...LLAMA, model_type: 'gemma3' },
      /model_type "gemma3" is not supported. Supported: llama, mistral, qwen2, qwen3/,
    ],
    [{ ...LLAMA, model_type: undefined }, /model_type is missing/],
    [{ ...LLAMA, model_type: 'constructor' }, /model_type "constructor" is not supported/],
    [{ ...LLAMA, architectures: ['LlamaForSequenceClassification'] }, /Supported: LlamaForCausalLM/],
    [{ ...LLAMA, hidden_act: 'gelu' }, /hidden_act "gelu" is not supported. Supported: silu/],
    [
      { ...LLAMA, rope_scaling: { rope_type: 'yarn', factor: 4 } },
      /rope_scaling.rope_type "yarn".*default, linear, llama3/,
    ],
    [{ ...LLAMA, rope_scaling: { type: 'dynamic', factor: 4 } }, /"dynamic" is not supported/],
    [{ ...LLAMA, rope_parameters: { rope_type: 'longrope' } }, /rope_parameters.rope_type "longrope"/],
    [{ ...LLAMA, rope_parameters: { full_attention: { rope_type: 'default' } } }, /rope_parameters.full_attention/],
    [{ ...LLAMA, rope_scaling: { type: 'linear' } }, /rope_scaling.factor is missing/],
    [{ ...LLAMA, rope_scaling: { rope_type: 'llama3', factor: 8 } }, /rope_scaling: low_freq_factor: /],
    [{ ...LLAMA, partial_rotary_factor: 0.5 }, /partial_rotary_factor 0.5/],
    [{ ...LLAMA, quantization_config: { quant_method: 'gptq' } }, /quantization_config \(quant_method "gptq"\)/],
    [{ ...LLAMA, num_local_experts: 8 }, /num_local_experts 8: mixtures of experts/],
    [{ ...QWEN3, num_experts: 64 }, /num_experts 64/],
    [{ ...LLAMA, hidden_size: 'big' }, /config.json: hidden_size: .*expected number/],
    [{ ...LLAMA, num_hidden_layers: 0 }, /config.json: num_hidden_layers: /],
    [{ ...LLAMA, vocab_size: undefined }, /config.json: vocab_size: /],
    [{ ...LLAMA, num_key_value_heads: 3 }, /num_attention_heads \(4\) must be a multiple of num_key_value_heads \(3\)/],
    [{ ...LLAMA, hidden_size: 66 }, /hidden_size \(66\) must be a multiple of num_attention_heads \(4\)/],
    [{ ...LLAMA, head_dim: 7 }, /head_dim \(7\) must be even/],
    [{ ...QWEN3, head_dim: null }, /head_dim is null; a qwen3 model needs a number/],
    [{ ...MISTRAL, num_key_value_heads: undefined }, /num_key_value_heads is missing; a mistral model needs it/],
    [{ ...QWEN2, layer_types: ['chunked_attention'] }, /layer_types has "chunked_attention"/],
  ])('is refused with the key and what is supported (%#)', (config, message) => {
    expect(() => configFromJson(config as Record<string, unknown>, 'config.json')).toThrow(message);
  });

  it('keeps what it does not read when it is saved again', () => {
    const original = { ...QWEN2, torch_dtype: 'bfloat16', use_mrope: false, transformers_version: '4.43.1' };
    const config = { ...configFromJson(original, 'config.json'), vocabSize: 48 };
    expect(updatedConfigJson(original, config, 'float32')).toEqual({
      ...original,
      torch_dtype: 'float32',
      vocab_size: 48,
    });
    expect(updatedConfigJson({ ...QWEN2, dtype: 'float32' }, config, 'bfloat16')).toEqual({
      ...QWEN2,
      dtype: 'bfloat16',
      vocab_size: 48,
    });
  });

  it('of a new model lists every end token', () => {
    const config = configFromJson(LLAMA, 'config.json');
    const tokens = { bosTokenId: null, eosTokenIds: [3, 4], padTokenId: 0 };
    expect(newConfigJson(config, 'bfloat16', tokens)).toMatchObject({
      architectures: ['LlamaForCausalLM'],
      eos_token_id: [3, 4],
      pad_token_id: 0,
      torch_dtype: 'bfloat16',
    });
    expect(() => newConfigJson({ ...config, qkvBias: true }, 'float32', tokens)).toThrow(
      /llama model cannot have qkvBias true/,
    );
  });
});
