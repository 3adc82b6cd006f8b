/** The worker's side of `symbolic.ts`: the Compute Engine answers one question after another. */
import { parentPort } from 'node:worker_threads';
import { ComputeEngine } from '@cortex-js/compute-engine';
import type { MathJson } from './mathjson.js';
import type { SymbolicQuestion, SymbolicReply } from './symbolic.js';

/** Digits that constants are worked out to, and digits that must agree: far beyond a double's 16. */
const DIGITS = 60;
const AGREEING_DIGITS = 40;

const engine = new ComputeEngine();
engine.precision = DIGITS;

function answer({ a, b, constant }: SymbolicQuestion): boolean | null {
  return constant ? constantsEqual(a, b) : isZero(['Subtract', a, b]);
}

/** A difference that simplifies to 0 proves equality; anything else proves nothing. */
function isZero(difference: MathJson): true | null {
  const simplified = engine.box(difference as Parameters<typeof engine.box>[0]).simplify();
  return simplified.is(0) ? true : null;
}

/** Compare the first digits of two real constants; null when one is not real or came out in double precision only. */
function constantsEqual(a: MathJson, b: MathJson): boolean | null {
  const [x, y] = [digitsOf(a), digitsOf(b)];
  if (x === null || y === null) return isZero(['Subtract', a, b]);
  const scale = Math.min(x.scale, y.scale);
  const [m, n] = [x.mantissa * 10n ** BigInt(x.scale - scale), y.mantissa * 10n ** BigInt(y.scale - scale)];
  const gap = m > n ? m - n : n - m;
  const size = m < 0n ? -m : m;
  return gap * 10n ** BigInt(AGREEING_DIGITS) <= size;
}

/** A real value as mantissa × 10^scale. */
function digitsOf(json: MathJson): { mantissa: bigint; scale: number } | null {
  const value = engine.box(json as Parameters<typeof engine.box>[0]).N().json;
  const text = typeof value === 'object' && value !== null && 'num' in value ? String(value.num) : '';
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text);
  if (!match) return null;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '').length;
  if ((digits < AGREEING_DIGITS && !isFraction(json)) || Math.abs(Number(exponent)) > 400) return null;
  return { mantissa: BigInt(`${sign}${whole}${fraction}`), scale: Number(exponent) - fraction.length };
}

/** Fractions come out exact; anything else with few digits was worked out in a double on the way. */
function isFraction(json: MathJson): boolean {
  return typeof json === 'object' && (!Array.isArray(json) || json[0] === 'Rational');
}

parentPort!.on('message', (question: SymbolicQuestion) => {
  let equal: boolean | null = null;
  try {
    equal = answer(question);
  } catch {
    // The engine does not know this function or form: unknown.
  }
  parentPort!.postMessage({ id: question.id, equal } satisfies SymbolicReply);
});
parentPort!.postMessage('ready');
