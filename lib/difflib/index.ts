/** Python's difflib for JavaScript, exact to the last bit and computed natively: `import … from 'foothold/difflib'`. */
export { type RatioOptions, ratios, ratiosAsync } from '../../bindings/text.js';
export { ratio } from './ratio.js';
