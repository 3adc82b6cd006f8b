import type { Step } from '../instance.js';
import { isObject, type Row, wrongType } from '../row.js';

/**
 * A column of steps, each a string or `{ title?, text, observation?, thought? }`; a missing column is no steps.
 *
 * @throws UserError that names row, key and index of what is not a step.
 */
export function stepList(row: Row, key: string): Step[] {
  const list = row.value[key] ?? [];
  if (!Array.isArray(list)) throw wrongType(row, key, 'an array of steps', list);
  return list.map((step: unknown, i) => {
    if (typeof step === 'string') return { text: step };
    if (!isObject(step)) throw wrongType(row, `${key}[${i}]`, 'a string or { title?, text }', step);
    if (typeof step.text !== 'string') throw wrongType(row, `${key}[${i}].text`, 'a string', step.text);
    const title = optionalText(row, step.title, `${key}[${i}].title`);
    const observation = optionalText(row, step.observation, `${key}[${i}].observation`);
    const thought = optionalText(row, step.thought, `${key}[${i}].thought`);
    return {
      ...(title === undefined || title.trim() === '' ? {} : { title }),
      text: step.text,
      ...(observation === undefined ? {} : { observation }),
      ...(thought === undefined || thought.trim() === '' ? {} : { thought }),
    };
  });
}

function optionalText(row: Row, value: unknown, key: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw wrongType(row, key, 'a string', value);
}
