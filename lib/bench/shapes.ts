import type { ModelConfig } from '../../bindings/torch.js';

/** Qwen2-shaped random models of three sizes. */
export const shapes: Record<string, ModelConfig> = {
  tiny: qwen2({ hidden: 256, ffn: 704, layers: 4, heads: 4, kvHeads: 2, vocabulary: 512 }),
  small: qwen2({ hidden: 512, ffn: 1408, layers: 8, heads: 8, kvHeads: 2, vocabulary: 8192 }),
  '0.5b': qwen2({ hidden: 896, ffn: 4864, layers: 24, heads: 14, kvHeads: 2, vocabulary: 151936 }),
};

/** One optimizer step: `prompts` groups of `generations` completions. */
export interface Work {
  prompts: number;
  generations: number;
  promptLength: number;
  completionLength: number;
}

export const works: Record<string, Work> = {
  '4x8x(96+64)': { prompts: 4, generations: 8, promptLength: 96, completionLength: 64 },
  '2x8x(512+128)': { prompts: 2, generations: 8, promptLength: 512, completionLength: 128 },
};

function qwen2(size: {
  hidden: number;
  ffn: number;
  layers: number;
  heads: number;
  kvHeads: number;
  vocabulary: number;
}): ModelConfig {
  return {
    family: 'qwen2',
    vocabSize: size.vocabulary,
    hiddenSize: size.hidden,
    intermediateSize: size.ffn,
    numLayers: size.layers,
    numHeads: size.heads,
    numKvHeads: size.kvHeads,
    headDim: size.hidden / size.heads,
    maxPositions: 4096,
    rmsNormEps: 1e-6,
    ropeTheta: 1e6,
    ropeScaling: null,
    tieWordEmbeddings: true,
    qkvBias: true,
    outputBias: false,
    mlpBias: false,
  };
}
