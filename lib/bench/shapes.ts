/** Qwen2-shaped models of three sizes; benchmarks fill them with random weights. */
import type { ModelConfig } from '../../bindings/torch.js';

interface Size {
  hidden: number;
  ffn: number;
  layers: number;
  heads: number;
  kvHeads: number;
  vocabulary: number;
}

export const shapeNames = ['tiny', 'small', '0.5b'] as const;
export type ShapeName = (typeof shapeNames)[number];

/** 3.1 M, 26.8 M and 494 M weights; the last is the shape of Qwen2.5-0.5B. */
export const shapes: Record<ShapeName, ModelConfig> = {
  tiny: qwen2({ hidden: 256, ffn: 704, layers: 4, heads: 4, kvHeads: 2, vocabulary: 512 }),
  small: qwen2({ hidden: 512, ffn: 1408, layers: 8, heads: 8, kvHeads: 2, vocabulary: 8192 }),
  '0.5b': qwen2({ hidden: 896, ffn: 4864, layers: 24, heads: 14, kvHeads: 2, vocabulary: 151936 }),
};

function qwen2({ hidden, ffn, layers, heads, kvHeads, vocabulary }: Size): ModelConfig {
  return {
    family: 'qwen2',
    vocabSize: vocabulary,
    hiddenSize: hidden,
    intermediateSize: ffn,
    numLayers: layers,
    numHeads: heads,
    numKvHeads: kvHeads,
    headDim: hidden / heads,
    maxPositions: 32768,
    rmsNormEps: 1e-6,
    ropeTheta: 1e6,
    ropeScaling: null,
    tieWordEmbeddings: true,
    qkvBias: true,
    outputBias: false,
    mlpBias: false,
  };
}
