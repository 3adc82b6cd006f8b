/**
 * Whether a rendered prompt ends inside an opened `<think>`, as templates of reasoning models leave it: then a completion
 * begins in the middle of the thought and its own text has no opening tag.
 */
export function opensThinkBlock(renderedPrompt: string): boolean {
  return /<think>\s*$/.test(renderedPrompt);
}
