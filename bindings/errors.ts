/**
 * A mistake that the user can put right: its message says what was given, what was expected and what to do. The command
 * line prints the message alone; any other error is a fault of ours.
 */
export class UserError extends Error {
  constructor(
    message: string,
    readonly code = 'FOOTHOLD_INPUT',
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'UserError';
  }
}
