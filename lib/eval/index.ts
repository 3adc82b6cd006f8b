/** Comparing answers and measuring models. */
export { type EvalOptions, evaluate } from './evaluate.js';
export type { Item, ItemSample } from './items.js';
export { type AnswerPair, type Verification, type VerifyOptions, verifyAnswer, verifyAnswers } from './math/verify.js';
export { type EvalReport, reportText } from './report.js';
export { passAtK } from './statistics.js';
