/** Defined by the script that stands before the page's own. */
declare const uPlot: typeof import('uplot');
