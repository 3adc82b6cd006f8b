import type { GgufHeader, GgufValue } from '../../bindings/torch.js';
import { UserError } from '../errors.js';

/** Typed look-ups in a GGUF file's metadata, with errors that name the file and the key. */
export class GgufMetadata {
  private readonly values: Record<string, GgufValue>;

  constructor(
    header: Pick<GgufHeader, 'metadata'>,
    readonly file: string,
  ) {
    this.values = header.metadata;
  }

  number(key: string): number {
    return this.optionalNumber(key) ?? this.missing(key);
  }

  /** A float32 value comes as the shortest decimal that rounds to it, as configuration files write it (1e-5, not 9.99…e-6). */
  optionalNumber(key: string): number | null {
    const value = this.get(key, 'number');
    return value === null ? null : shortestFloat32(value);
  }

  string(key: string): string {
    return this.optionalString(key) ?? this.missing(key);
  }

  optionalString(key: string): string | null {
    return this.get(key, 'string');
  }

  optionalBoolean(key: string): boolean | null {
    return this.get(key, 'boolean');
  }

  strings(key: string): string[] {
    return this.list(key, 'string') ?? this.missing(key);
  }

  optionalStrings(key: string): string[] | null {
    return this.list(key, 'string');
  }

  optionalNumbers(key: string): number[] | null {
    return this.list(key, 'number');
  }

  isList(key: string): boolean {
    return Object.hasOwn(this.values, key) && Array.isArray(this.values[key]);
  }

  /** A value of another type than expected is an error; so is a number beyond 2^53. */
  private get(key: string, type: 'number'): number | null;
  private get(key: string, type: 'string'): string | null;
  private get(key: string, type: 'boolean'): boolean | null;
  private get(key: string, type: string): GgufValue | null {
    const value = Object.hasOwn(this.values, key) ? this.values[key]! : null;
    if (value !== null && typeof value !== type) this.wrongType(key, `a ${type}`);
    return value;
  }

  private list(key: string, type: 'number'): number[] | null;
  private list(key: string, type: 'string'): string[] | null;
  private list(key: string, type: string): GgufValue[] | null {
    if (!Object.hasOwn(this.values, key)) return null;
    const value = this.values[key]!;
    if (!Array.isArray(value) || !value.every((item) => typeof item === type))
      this.wrongType(key, `a list of ${type}s`);
    return value;
  }

  private missing(key: string): never {
    throw new UserError(`${this.file} has no ${key} in its metadata; the model cannot be read without it.`);
  }

  private wrongType(key: string, expected: string): never {
    throw new UserError(`${this.file}: ${key} must be ${expected}.`);
  }
}

function shortestFloat32(value: number): number {
  if (!Number.isFinite(value) || Number.isInteger(value)) return value;
  const short = Number(value.toPrecision(7));
  return Math.fround(short) === value ? short : value;
}
