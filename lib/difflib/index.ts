/** Python's difflib for JavaScript, exact to the last bit and computed natively: `import … from 'foothold/difflib'`. */
export { type RatioOptions, ratios, ratiosAsync } from '../../bindings/text.js';
export { getCloseMatches } from './close_matches.js';
export type { Sequence } from './elements.js';
export type { Opcode, Tag } from './opcodes.js';
export { ratio } from './ratio.js';
export { type IsJunk, type Match, SequenceMatcher } from './sequence_matcher.js';
