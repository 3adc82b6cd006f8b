/**
 * From now on Ctrl-C (SIGINT) and SIGTERM end the process through `process.exit`, with the status that a shell expects:
 * what is registered there, such as the removal of unfinished files and showing the cursor again, is done.
 */
export function exitOnSignals(): void {
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
}
