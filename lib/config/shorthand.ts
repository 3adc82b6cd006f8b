import { z } from 'zod';

/** Lets `key: value` stand for `key: { [name]: value }`. */
export function shorthand<T extends z.ZodType>(name: string, schema: T): z.ZodType<z.output<T>, string | z.input<T>> {
  const either = z.preprocess((given) => (typeof given === 'string' ? { [name]: given } : given), schema);
  // zod takes whatever is preprocessed as unknown.
  return either.meta({ shorthand: name }) as never;
}
