/** A browser for the tests of the page: Debian's Chromium, or the one that FOOTHOLD_CHROMIUM names. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const executable = [
  process.env.FOOTHOLD_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
  .filter((path) => path !== undefined)
  .find((path) => existsSync(path));

/** Why the tests of the page cannot run here; undefined when they can. */
export const noBrowser =
  executable === undefined ? 'no Chromium: `apt-get install chromium`, or name one in FOOTHOLD_CHROMIUM' : undefined;

export function launch(): Promise<Browser> {
  // The sandbox needs rights that containers do not give; the pages are our own.
  return chromium.launch({ executablePath: executable!, args: ['--no-sandbox'] });
}

export interface Opened {
  page: Page;
  /** Errors and warnings that the browser told of, violations of the page's policy among them. */
  complaints: string[];
  /** Addresses that were asked for, but the page itself. */
  requests: string[];
}

export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  // A machine that does much else is slow, which is no fault of the page.
  page.setDefaultTimeout(90_000);
  const [complaints, requests]: string[][] = [[], []];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints!.push(message.text());
  });
  page.on('pageerror', (error) => complaints!.push(error.message));
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) requests!.push(request.url());
  });
  await page.goto(url);
  await page.waitForSelector('main > *');
  return { page, complaints: complaints!, requests: requests! };
}

/** Seconds of processor time that the page's thread takes for something, which a busy machine does not change. */
export async function threadSeconds(page: Page, work: () => Promise<void>): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const taskDuration = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')!.value;
  };
  const before = await taskDuration();
  await work();
  return (await taskDuration()) - before;
}

/** What axe finds wrong, as lines of text. */
export async function accessibilityViolations(page: Page): Promise<string[]> {
  // The page's policy lets no script in but its own; this comes by the debugger, which is not bound by it.
  await page.evaluate(await readAxe());
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: { run(): Promise<AxeResult> } }).axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
    );
  });
}

interface AxeResult {
  violations: { id: string; nodes: { html: string; failureSummary: string }[] }[];
}

async function readAxe(): Promise<string> {
  const { source } = createRequire(import.meta.url)('axe-core') as { source: string };
  return source;
}
