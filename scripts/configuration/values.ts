/** A value as YAML has it; small numbers by their exponent. */
export function valueText(value: unknown): string {
  if (typeof value === 'number') return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value);
  return Array.isArray(value) ? `[${value.map(valueText).join(', ')}]` : String(value);
}
