/** Complex arithmetic in doubles: principal branches, except that odd roots of negative reals are real. */

export interface Complex {
  readonly re: number;
  readonly im: number;
}

export const complex = (re: number, im = 0): Complex => ({ re, im });
export const add = (a: Complex, b: Complex): Complex => complex(a.re + b.re, a.im + b.im);
export const subtract = (a: Complex, b: Complex): Complex => complex(a.re - b.re, a.im - b.im);
export const negate = (a: Complex): Complex => complex(-a.re, -a.im);
export const modulus = (a: Complex): number => Math.hypot(a.re, a.im);
export const isDefined = (a: Complex): boolean => Number.isFinite(a.re) && Number.isFinite(a.im);

export function multiply(a: Complex, b: Complex): Complex {
  if (a.im === 0 && b.im === 0) return complex(a.re * b.re);
  return complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);
}

export function divide(a: Complex, b: Complex): Complex {
  if (a.im === 0 && b.im === 0) return complex(a.re / b.re);
  const norm = b.re * b.re + b.im * b.im;
  return complex((a.re * b.re + a.im * b.im) / norm, (a.im * b.re - a.re * b.im) / norm);
}

export function exp(a: Complex): Complex {
  const size = Math.exp(a.re);
  return a.im === 0 ? complex(size) : complex(size * Math.cos(a.im), size * Math.sin(a.im));
}

/** A negative zero as the imaginary part would choose the other branch: `|| 0` makes it positive. */
export function ln(a: Complex): Complex {
  return complex(Math.log(modulus(a)), Math.atan2(a.im || 0, a.re));
}

export function pow(base: Complex, exponent: Complex): Complex {
  if (base.re === 0 && base.im === 0) return exponent.re > 0 ? complex(0) : complex(exponent.re === 0 ? 1 : Number.NaN);
  if (base.im === 0 && exponent.im === 0 && (base.re > 0 || Number.isInteger(exponent.re)))
    return complex(base.re ** exponent.re);
  if (exponent.im === 0 && Number.isInteger(exponent.re) && Math.abs(exponent.re) <= 64)
    return integerPower(base, exponent.re);
  return exp(multiply(exponent, ln(base)));
}

function integerPower(base: Complex, exponent: number): Complex {
  let result = complex(1);
  for (let i = 0; i < Math.abs(exponent); i++) result = multiply(result, base);
  return exponent < 0 ? divide(complex(1), result) : result;
}

export const sqrt = (a: Complex): Complex => {
  if (a.im === 0) return a.re >= 0 ? complex(Math.sqrt(a.re)) : complex(0, Math.sqrt(-a.re));
  const size = modulus(a);
  return complex(Math.sqrt((size + a.re) / 2), Math.sign(a.im) * Math.sqrt((size - a.re) / 2));
};

const I = complex(0, 1);
const ONE = complex(1);
const half = (a: Complex): Complex => complex(a.re / 2, a.im / 2);
const timesI = (a: Complex): Complex => complex(-a.im, a.re);

export function sin(a: Complex): Complex {
  return a.im === 0
    ? complex(Math.sin(a.re))
    : complex(Math.sin(a.re) * Math.cosh(a.im), Math.cos(a.re) * Math.sinh(a.im));
}

export function cos(a: Complex): Complex {
  return a.im === 0
    ? complex(Math.cos(a.re))
    : complex(Math.cos(a.re) * Math.cosh(a.im), -Math.sin(a.re) * Math.sinh(a.im));
}

export const sinh = (a: Complex): Complex => half(subtract(exp(a), exp(negate(a))));
export const cosh = (a: Complex): Complex => half(add(exp(a), exp(negate(a))));

/** arcsin z = −i ln(iz + √(1 − z²)) */
export function asin(a: Complex): Complex {
  if (a.im === 0 && Math.abs(a.re) <= 1) return complex(Math.asin(a.re));
  const root = sqrt(subtract(ONE, multiply(a, a)));
  return negate(timesI(ln(add(timesI(a), root))));
}

export const acos = (a: Complex): Complex => subtract(complex(Math.PI / 2), asin(a));

/** arctan z = (i/2) (ln(1 − iz) − ln(1 + iz)) */
export function atan(a: Complex): Complex {
  if (a.im === 0) return complex(Math.atan(a.re));
  return multiply(half(I), subtract(ln(subtract(ONE, timesI(a))), ln(add(ONE, timesI(a)))));
}

export const asinh = (a: Complex): Complex => ln(add(a, sqrt(add(multiply(a, a), ONE))));
export const acosh = (a: Complex): Complex => ln(add(a, multiply(sqrt(add(a, ONE)), sqrt(subtract(a, ONE)))));
export const atanh = (a: Complex): Complex => half(subtract(ln(add(ONE, a)), ln(subtract(ONE, a))));

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** Γ(x + 1) for real x by Lanczos' approximation (g = 7, n = 9), about 13 digits. */
export function factorial(x: number): number {
  if (x < -0.5) return Math.PI / (Math.sin(Math.PI * (x + 1)) * factorial(-x - 1));
  if (Number.isInteger(x) && x < 171) {
    let product = 1;
    for (let i = 2; i <= x; i++) product *= i;
    return product;
  }
  const t = x + 7.5;
  const series = LANCZOS.reduce((sum, c, i) => (i === 0 ? c : sum + c / (x + i)), 0);
  return Math.sqrt(2 * Math.PI) * t ** (x + 0.5) * Math.exp(-t) * series;
}
