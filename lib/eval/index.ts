/** Comparing answers and measuring models. */
export { type AnswerPair, type Verification, type VerifyOptions, verifyAnswer, verifyAnswers } from './math/verify.js';
