/** Defined below, where the addons are loaded: what cannot be loaded is a user's to put right too. */
export { UserError } from '../bindings/errors.js';
