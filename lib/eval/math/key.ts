import type { Expr } from './expr.js';

/**
 * A text that is equal for expressions that differ only in the order of sums and products, in the spelling of numerals,
 * and in the brackets of groups.
 */
export function keyOf(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return expr.value ? `${expr.value.num}/${expr.value.den}` : `#${expr.text}`;
    case 'symbol':
      return `$${expr.name}`;
    case 'constant':
      return expr.name;
    case 'add':
      return `(+ ${expr.terms.map(keyOf).sort().join(' ')})`;
    case 'multiply':
      return `(* ${expr.factors.map(keyOf).sort().join(' ')})`;
    case 'negate':
      return `(- ${keyOf(expr.arg)})`;
    case 'divide':
      return `(/ ${keyOf(expr.num)} ${keyOf(expr.den)})`;
    case 'power':
      return `(^ ${keyOf(expr.base)} ${keyOf(expr.exponent)})`;
    case 'call':
      return `(${expr.name} ${expr.args.map(keyOf).join(' ')})`;
    case 'plusMinus':
      return `(${expr.mirrored ? '∓' : '±'} ${expr.left ? keyOf(expr.left) : ''} ${keyOf(expr.right)})`;
    case 'percent':
    case 'degrees':
      return `(${expr.kind} ${keyOf(expr.arg)})`;
    case 'list':
      return `(list${expr.open}${expr.close} ${expr.items.map(keyOf).join(' ')})`;
    case 'relation':
      return `(rel ${expr.ops.join(' ')} ${expr.args.map(keyOf).join(' ')})`;
    case 'matrix':
      return `(matrix ${expr.rows.map((row) => row.map(keyOf).join(' ')).join(' ; ')})`;
    case 'setOperation': {
      const sides = [keyOf(expr.left), keyOf(expr.right)];
      return `(${expr.op} ${(expr.op === 'minus' ? sides : sides.sort()).join(' ')})`;
    }
    case 'setBuilder':
      return `(such ${keyOf(expr.element)} ${keyOf(expr.condition)})`;
    case 'ratio':
      return `(: ${expr.parts.map(keyOf).join(' ')})`;
    case 'based':
      return `(base ${expr.digits} ${expr.base})`;
    case 'text':
      return `"${expr.text.toLowerCase().replace(/\s+/g, ' ')}"`;
    case 'namedSet':
      return `<${expr.name}>`;
    case 'infinity':
      return 'oo';
  }
}
