/** The page in a real browser: drawn, fluid, usable by keyboard, accessible, and deaf to what a model writes. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { writeReport } from '../../lib/report/report.js';
import { type WatchServer, watchRun } from '../../lib/report/server.js';
import { accessibilityViolations, launch, noBrowser, openPage, threadSeconds } from './browser.js';
import { appendSteps, makeRun } from './make_run.js';

const VIEWS = ['overview', 'curves', 'samples', 'settings'];
const PAYLOAD = '</script><img src=x onerror="window.hit=1"><svg onload="window.hit=1"><script>window.hit=1</script>';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
if (noBrowser) console.warn(`The page is not tested: ${noBrowser}`);

describe.skipIf(noBrowser)('the page', () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    browser = await launch();
    folder = mkdtempSync(join(tmpdir(), 'foothold-page-'));
    makeRun(join(folder, 'first'), { steps: 40, payload: PAYLOAD });
    makeRun(join(folder, 'second'), { steps: 30, settings: { batchSize: 8 } });
    makeRun(join(folder, 'empty'), { steps: 0 });
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const report = async (...runs: string[]) => {
    const output = join(folder, `${runs.join('-')}.html`);
    await writeReport(
      runs.map((run) => join(folder, run)),
      { output },
    );
    return pathToFileURL(output).href;
  };

  it('answers the three questions first, draws its curves, and asks nothing of the network', async () => {
    const { page, complaints, requests } = await openPage(browser, await report('first'));
    const questions = await page.locator('.cards h2:visible').allTextContents();
    expect(questions.slice(0, 2)).toEqual(['Is the reward rising?', 'Is the format rate rising?']);
    expect(await page.locator('.card .verdict').first().textContent()).toBe('yes, rising');
    expect(await page.locator('.latest h2').textContent()).toBe('What does the model write now?');
    expect(await inkOf(page)).toBeGreaterThan(500);
    await goTo(page, 'curves');
    for (const title of ['Reward', 'Spread of rewards in a group', 'Format rate', 'Entropy', 'KL to the reference']) {
      expect(await page.locator('figcaption', { hasText: title }).count(), title).toBeGreaterThan(0);
    }
    for (const title of [
      'Gradient norm',
      'Length',
      'Dropped groups',
      'Throughput',
      'Time per phase',
      'Held-out reward',
    ]) {
      await page.locator('figure', { hasText: title }).first().scrollIntoViewIfNeeded();
      await page.locator('figure', { hasText: title }).first().locator('canvas').waitFor();
    }
    await goTo(page, 'settings');
    expect(await page.locator('tr', { hasText: 'stages.0.batchSize' }).textContent()).toContain('16');
    expect({ complaints, requests }).toEqual({ complaints: [], requests: [] });
    await page.close();
  });

  it('shows what a model writes as text, markup and all', async () => {
    const url = await report('first');
    expect(readFileSync(new URL(url), 'utf8')).not.toContain('window.hit');
    const { page, complaints } = await openPage(browser, `${url}#samples`);
    await page.locator('.rollout pre').first().waitFor();
    expect(await page.locator('.detail').textContent()).toContain(PAYLOAD);
    expect(await page.evaluate(() => (globalThis as { hit?: number }).hit)).toBeUndefined();
    expect(await page.locator('main img, main svg, main script').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('is read by keyboard: views, list, the same instance earlier', async () => {
    const { page, complaints } = await openPage(browser, await report('second'));
    await page.keyboard.press('3');
    await page.locator('[role=listbox]').focus();
    await page.keyboard.press('End');
    await expectText(page, '.group .muted', /at step 1\b/);
    await page.keyboard.press('ArrowUp');
    await expectText(page, '.group .muted', /at step 2\b/);
    await page.locator('select').first().selectOption('validation');
    await page.locator('[role=listbox]').focus();
    await page.keyboard.press('Home');
    await expectText(page, '.group .muted', /Validation at step 30/);
    await page.keyboard.press('[');
    await expectText(page, '.group .muted', /Validation at step 20/);
    await page.keyboard.press('2');
    await page.locator('.plot').first().focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await expectText(page, '.readout >> nth=0', /step 29/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('colours what action and expert share, and shows rollouts beside each other', async () => {
    const { page } = await openPage(browser, `${await report('second')}#samples`);
    await page.locator('select').first().selectOption('training');
    await page.locator('.row').first().click();
    await page.locator('.rollout').nth(7).waitFor();
    const [first, second] = [
      await page.locator('.rollout').nth(0).boundingBox(),
      await page.locator('.rollout').nth(1).boundingBox(),
    ];
    expect(first!.y).toBe(second!.y);
    const panes = await page.locator('.diff').first().locator('pre').all();
    const marks = await Promise.all(panes.map((pane) => pane.locator('mark').allTextContents()));
    expect(marks[0]!.length).toBeGreaterThan(0);
    expect(marks[0]).toEqual(marks[1]);
    await page.close();
  });

  it('compares runs: curves over each other, settings that differ', async () => {
    const { page, complaints } = await openPage(browser, `${await report('first', 'second')}#curves`);
    expect(await page.locator('.legend li').allTextContents()).toEqual(['first', 'second']);
    expect(await page.locator('figure >> nth=0').locator('.readout li').count()).toBe(2);
    await goTo(page, 'settings');
    const differing = page.locator('table').first().locator('tbody th');
    expect(await differing.allTextContents()).toEqual(['stages.0.maxSteps', 'stages.0.batchSize']);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each([
    ['light', 1280, ['first']],
    ['light', 360, ['first']],
    ['dark', 1280, ['first']],
    ['light', 1280, ['empty']],
    ['light', 360, ['first', 'second']],
  ] as const)(
    'has no accessibility violation and no sideways scrolling: %s, %i pixels, %j',
    async (colorScheme, width, runs) => {
      const { page, complaints } = await openPage(browser, await report(...runs), {
        colorScheme,
        viewport: { width, height: 800 },
      });
      for (const view of VIEWS) {
        await goTo(page, view);
        expect(await accessibilityViolations(page), view).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), view).toBeLessThanOrEqual(0);
      }
      expect(complaints).toEqual([]);
      await page.close();
    },
  );

  it('stays fluid with 10,000 steps and 100,000 samples', async () => {
    const path = join(folder, 'large');
    makeRun(path, { steps: 10, rollouts: 10 });
    multiply(path, 1000);
    const server = await watchRun(path, { host: '127.0.0.1', port: 0 });
    try {
      const { page, complaints } = await openPage(browser, `${server.url}#samples`);
      await expectText(page, '.status', /^Step 10,000/);
      await expectText(page, '.side .muted', /of 12,000 groups/);
      expect(await page.locator('.row').count()).toBeLessThan(40);
      await page.locator('[role=listbox]').focus();
      const seconds = await threadSeconds(page, async () => {
        for (let i = 0; i < 20; i++) await page.keyboard.press('PageDown');
        await page.keyboard.press('End');
        await expectText(page, '.group .muted', /at step 1\b/);
      });
      expect(seconds / 21).toBeLessThan(0.1);
      await goTo(page, 'curves');
      expect(await inkOf(page)).toBeGreaterThan(500);
      expect(complaints).toEqual([]);
      await page.close();
    } finally {
      await server.close();
    }
  });

  describe('live', () => {
    let server: WatchServer;
    const path = () => join(folder, 'live');

    beforeAll(async () => {
      makeRun(path(), { steps: 5 });
      server = await watchRun(path(), { host: '127.0.0.1', port: 0 });
    });
    afterAll(() => server.close());

    it('shows steps as they are made, waits for the end of a line, and follows a run that goes back', async () => {
      const { page, complaints } = await openPage(browser, `${server.url}#samples`);
      await expectText(page, '.status', /^Step 5 of 5/);
      appendSteps(path(), { steps: 8 }, 5, 7);
      await expectText(page, '.status', /^Step 7/);
      await expectText(page, '.side .muted', /of 7 groups/);
      appendFileSync(join(path(), 'metrics.jsonl'), '{"step": 8, "sta');
      await page.waitForTimeout(700);
      await expectText(page, '.status', /^Step 7/);
      appendFileSync(join(path(), 'metrics.jsonl'), 'ge": 0}\n');
      await expectText(page, '.status', /^Step 8/);
      for (const name of ['metrics.jsonl', 'samples.jsonl']) keepSteps(join(path(), name), 3);
      await expectText(page, '.status', /^Step 3/);
      await expectText(page, '.side .muted', /of 3 groups/);
      expect(complaints).toEqual([]);
      await page.close();
    });
  });
});

async function goTo(page: Page, view: string): Promise<void> {
  await page.locator(`nav a[href="#${view}"]`).click();
  await page.locator(`main.${view}`).waitFor();
}

/** Wait until an element's text matches. */
async function expectText(page: Page, selector: string, pattern: RegExp): Promise<void> {
  await page.locator(selector).filter({ hasText: pattern }).first().waitFor();
}

/** Pixels of the first chart that something is drawn on. */
async function inkOf(page: Page): Promise<number> {
  await page.locator('canvas').first().waitFor();
  await page.waitForTimeout(100);
  return page.evaluate(`(() => {
    const canvas = document.querySelector('canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, i) => i % 4 === 3 && value > 0).length;
  })()`);
}

/** Repeat the ten steps of a run, with their numbers going on. */
function multiply(path: string, times: number): void {
  for (const name of ['metrics.jsonl', 'samples.jsonl']) {
    const rows = readFileSync(join(path, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const parts = Array.from({ length: times }, (_, k) =>
      rows.map((row) => `${JSON.stringify({ ...row, step: row.step + 10 * k })}\n`).join(''),
    );
    writeFileSync(join(path, name), parts.join(''));
  }
}

function keepSteps(file: string, last: number): void {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  writeFileSync(
    file,
    lines
      .filter((line) => JSON.parse(line).step <= last)
      .map((line) => `${line}\n`)
      .join(''),
  );
}
