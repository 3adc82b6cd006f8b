/** A Hugging Face folder as one GGUF file, for llama.cpp, Ollama and whatever else reads them. */
import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import {
  type GgufTensorToWrite,
  readSafetensorsHeader,
  readTensor,
  type Tensor,
  type TypedGgufValue,
  writeGguf,
} from '../../bindings/io.js';
import type { ModelConfig } from '../../bindings/torch.js';
import { placeOf } from '../data/write.js';
import { UserError } from '../errors.js';
import { tokenizerMetadata } from '../prompt/gguf_writer.js';
import { divisorOf } from './gguf_rope.js';
import { shapeMetadata } from './gguf_shape.js';
import { interleaved, type WeightName, weightNames } from './gguf_tensors.js';
import type { ModelSource } from './source.js';

/** Precision of the matrices, by the names that llama.cpp's tools use; what has one dimension stays float32. */
export const GGUF_TYPES = ['f32', 'f16', 'bf16', 'q8_0'] as const;
export type GgufType = (typeof GGUF_TYPES)[number];

/** `general.file_type` (llama.cpp's `llama_ftype`). */
const FILE_TYPES: Record<GgufType, number> = { f32: 0, f16: 1, bf16: 32, q8_0: 7 };
/** Weights in one block of Q8_0; a row must be a multiple of it. */
const Q8_BLOCK = 32;
const LARGEST_F16 = 65_504;

export interface ExportOptions {
  type: GgufType;
  /** Told before each tensor is read, converted and written. */
  onTensor?: (done: number, total: number) => void;
  /** Told what the file cannot hold as it is, but comes near to. */
  onNote?: (message: string) => void;
}

/**
 * Write a model as a GGUF file: whole under its name, or not there. A file of that name is replaced.
 *
 * @throws UserError for what GGUF cannot say, and where the file cannot be written.
 */
export async function exportGguf(source: ModelSource, output: string, options: ExportOptions): Promise<void> {
  const { type, onTensor = () => {}, onNote = () => {} } = options;
  const path = await checkOutput(output);
  if (source.format === 'gguf') {
    throw new UserError(
      `${source.name} is a GGUF file already. Export from a Hugging Face folder, or a run's directory.`,
    );
  }
  const metadata: Record<string, TypedGgufValue> = {
    ...shapeMetadata(source.config, source.name),
    'general.type': { type: 'String', value: 'model' },
    'general.name': { type: 'String', value: basename(resolve(source.name)) },
    'general.file_type': { type: 'U32', value: FILE_TYPES[type] },
    ...(type === 'q8_0' && { 'general.quantization_version': { type: 'U32' as const, value: 2 } }),
    ...tokenizerMetadata({ ...source, vocabSize: source.config.vocabSize }, onNote),
  };
  const tensors = tensorsToWrite(source, type, onTensor);
  const unquantised = tensors.filter(({ shape, dtype }) => type === 'q8_0' && shape.length > 1 && dtype === 'F16');
  if (unquantised.length > 0) {
    onNote(`${unquantised.length} matrices have rows that are no multiple of ${Q8_BLOCK} and stay in f16`);
  }
  try {
    await writeGguf(path, tensors, metadata);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'FOOTHOLD_IO' || code === 'FOOTHOLD_FORMAT') throw new UserError(message, code, { cause: error });
    throw error;
  }
}

async function checkOutput(output: string): Promise<string> {
  if (!output.endsWith('.gguf'))
    throw new UserError(`The output is ${output}; expected a file name that ends in .gguf.`);
  const path = placeOf(resolve(output));
  const folder = await stat(dirname(path)).catch(() => null);
  if (!folder?.isDirectory())
    throw new UserError(`There is no folder ${dirname(path)} to write ${basename(path)} into.`);
  return path;
}

/** The tensors of the file. Their values are read when the writer asks for them, one tensor after the other. */
function tensorsToWrite(
  { config, files, name }: ModelSource,
  type: GgufType,
  onTensor: (done: number, total: number) => void,
): GgufTensorToWrite[] {
  const places = new Map(
    files.flatMap((file) => readSafetensorsHeader(file).tensors.map((tensor) => [tensor.name, { ...tensor, file }])),
  );
  const names = weightNames(config);
  const total = names.length;
  const tensors = names.map((weight, i): GgufTensorToWrite => {
    const place = places.get(weight.huggingFace);
    if (!place) throw new UserError(`${name} has no tensor ${weight.huggingFace}: is every shard there?`);
    const dtype = dtypeOf(place.shape, type);
    const values = () => {
      onTensor(i, total);
      return valuesOf(place.file, weight, dtype);
    };
    return { name: weight.gguf, shape: place.shape, dtype, values };
  });
  return [...tensors, ...rotaryDivisors(config)];
}

function dtypeOf(shape: number[], type: GgufType): GgufTensorToWrite['dtype'] {
  if (shape.length === 1 || type === 'f32') return 'F32';
  if (type === 'q8_0') return shape.at(-1)! % Q8_BLOCK === 0 ? 'Q8_0' : 'F16';
  return type === 'f16' ? 'F16' : 'BF16';
}

function valuesOf(
  file: string,
  { huggingFace, rotaryHeads }: WeightName,
  dtype: GgufTensorToWrite['dtype'],
): Float32Array {
  const tensor: Tensor = readTensor(file, huggingFace);
  if (dtype === 'F16' || dtype === 'Q8_0') {
    // Scales of Q8_0 are float16 too, of the largest value divided by 127.
    const limit = dtype === 'F16' ? LARGEST_F16 : LARGEST_F16 * 127;
    const large = tensor.values.find((value) => Math.abs(value) > limit);
    if (large !== undefined) {
      throw new UserError(`${huggingFace} has the weight ${large}, too large for ${dtype}. Export as bf16 or f32.`);
    }
  }
  return rotaryHeads > 0 ? interleaved(tensor, rotaryHeads).values : tensor.values;
}

/** Llama 3.1's rotary scaling stands in the file as one divisor a frequency. */
function rotaryDivisors({ ropeScaling, ropeTheta, headDim }: ModelConfig): GgufTensorToWrite[] {
  if (ropeScaling?.type !== 'llama3') return [];
  const values = Float32Array.from({ length: headDim / 2 }, (_, i) =>
    divisorOf(ropeTheta ** ((-2 * i) / headDim), ropeScaling),
  );
  return [{ name: 'rope_freqs.weight', shape: [values.length], values, dtype: 'F32' }];
}
