/** The page itself: one HTML text that needs nothing else, with a policy under which no other code can run. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../bindings/load.js';
import { bundle } from './bundle.js';
import { escapeHtml } from './diff_html.js';

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M2 13h3v-3h3V7h3V4h3' fill='none' stroke='%23808080' stroke-width='2'/%3E%3C/svg%3E";

export interface Page {
  /** Up to where data may stand. */
  head: string;
  tail: string;
  /** Content-Security-Policy of the page; the page states it too, for when it is opened as a file. */
  policy: string;
}

/**
 * @param source where the page's script finds its runs: in the file, or at the server it comes from
 */
export function makePage(title: string, source: 'embedded' | 'live'): Page {
  const { charts, license, chartStyles } = chartLibrary();
  const folder = join(packageRoot, 'lib', 'report', 'page');
  const styles = chartStyles + readFileSync(join(folder, 'style.css'), 'utf8');
  const script = bundle(folder, 'main.js');
  const policy = policyOf([charts, script], styles, source);
  const head = `<!doctype html>
<html lang="en" data-source="${source}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="${ICON}">
<style>${styles}</style>
</head>
<body>
<noscript>This page draws its data with a script, which your browser does not run.</noscript>
`;
  const tail = `<!-- uPlot draws the charts.
${license}-->
<script>${charts}</script>
<script type="module">${script}</script>
</body>
</html>
`;
  return { head, tail, policy };
}

/** uPlot, as its package brings it. */
function chartLibrary() {
  const script = createRequire(import.meta.url).resolve('uplot/dist/uPlot.iife.min.js');
  const read = (...path: string[]) => readFileSync(join(dirname(script), ...path), 'utf8');
  return {
    charts: read('uPlot.iife.min.js'),
    chartStyles: read('uPlot.min.css'),
    license: read('..', 'LICENSE'),
  };
}

/** Only these very scripts and styles; no connection but, live, to the server itself. */
function policyOf(scripts: readonly string[], styles: string, source: 'embedded' | 'live'): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${scripts.map(hash).join(' ')}`,
    `style-src ${hash(styles)}`,
    'img-src data:',
    `connect-src ${source === 'live' ? "'self'" : "'none'"}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}
