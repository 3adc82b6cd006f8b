/** An error meant for the user: bad input, with what was expected and what to do. Shown without a stack trace. */
export class UserError extends Error {
  constructor(
    message: string,
    readonly code = 'FOOTHOLD_INPUT',
  ) {
    super(message);
    this.name = 'UserError';
  }
}
