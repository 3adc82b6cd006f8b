/** One spelling for the many ways to write the same LaTeX or Unicode: a fixed number of linear passes over the text. */

const UNICODE: Readonly<Record<string, string>> = {
  '−': '-',
  '–': '-',
  '—': '-',
  '‐': '-',
  '×': '\\times ',
  '·': '\\cdot ',
  '⋅': '\\cdot ',
  '∙': '\\cdot ',
  '÷': '\\div ',
  '√': '\\sqrt ',
  '∛': '\\sqrt[3]',
  π: '\\pi ',
  '∞': '\\infty ',
  '≤': '\\le ',
  '⩽': '\\le ',
  '≥': '\\ge ',
  '⩾': '\\ge ',
  '≠': '\\ne ',
  '≈': '\\approx ',
  '≡': '\\equiv ',
  '∈': '\\in ',
  '∉': '\\notin ',
  '∪': '\\cup ',
  '∩': '\\cap ',
  '∅': '\\emptyset ',
  '∖': '\\setminus ',
  '±': '\\pm ',
  '∓': '\\mp ',
  '°': '^{\\circ}',
  '′': "'",
  '″': "''",
  '’': "'",
  ℝ: '\\mathbb{R}',
  ℤ: '\\mathbb{Z}',
  ℕ: '\\mathbb{N}',
  ℚ: '\\mathbb{Q}',
  ℂ: '\\mathbb{C}',
  '½': '\\frac{1}{2}',
  '⅓': '\\frac{1}{3}',
  '⅔': '\\frac{2}{3}',
  '¼': '\\frac{1}{4}',
  '¾': '\\frac{3}{4}',
  '⅕': '\\frac{1}{5}',
  '⅙': '\\frac{1}{6}',
  '⅛': '\\frac{1}{8}',
  '⁰': '^{0}',
  '¹': '^{1}',
  '²': '^{2}',
  '³': '^{3}',
  '⁴': '^{4}',
  '⁵': '^{5}',
  '⁶': '^{6}',
  '⁷': '^{7}',
  '⁸': '^{8}',
  '⁹': '^{9}',
  '₀': '_{0}',
  '₁': '_{1}',
  '₂': '_{2}',
  '₃': '_{3}',
  '₄': '_{4}',
  '⟨': '(',
  '⟩': ')',
  '（': '(',
  '）': ')',
  '，': ',',
  '：': ':',
  '；': ';',
  '“': '"',
  '”': '"',
  '¥': '',
  '⇒': '\\Rightarrow ',
  θ: '\\theta ',
  α: '\\alpha ',
  β: '\\beta ',
  γ: '\\gamma ',
  λ: '\\lambda ',
  μ: '\\mu ',
  ω: '\\omega ',
  φ: '\\phi ',
  ρ: '\\rho ',
  σ: '\\sigma ',
  Δ: '\\Delta ',
  δ: '\\delta ',
  ε: '\\epsilon ',
  τ: '\\tau ',
  ψ: '\\psi ',
  Ω: '\\Omega ',
  ξ: '\\xi ',
  η: '\\eta ',
  κ: '\\kappa ',
  '\u00a0': ' ',
  '\u2009': ' ',
  '\u202f': ' ',
  '\u200b': '',
};

const NON_ASCII = /[\u0080-\u{10ffff}]/gu;

/** LaTeX that only arranges things on the page. `\left.` and `\right.` are invisible brackets. */
const LAYOUT =
  /\\(?:left|right|bigl|bigr|Bigl|Bigr|biggl|biggr|Biggl|Biggr|big|Big|bigg|Bigg|middle)(?![a-zA-Z])\s?\.?|\\(?:displaystyle|textstyle|scriptstyle|limits|nolimits|nonumber|notag|hline|centering|boldsymbol|bm|mathbf|mathit|mathsf|mathtt|mathcal|mathfrak|mathscr|mathord|hfill|phantom|strut|mathstrut|smash|ensuremath)(?![a-zA-Z])/g;

const SPACES =
  /(?<!\\)\\(?:(?:quad|qquad|enspace|thinspace|medspace|thickspace|space)(?![a-zA-Z])|hspace\{[^{}]{0,20}\}|[,;:! ])|~/g;

/** Sentence marks and mathematics delimiters around an answer; dots of an ellipsis stay. */
function trimEnds(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && ' $*"\'`,;:'.includes(text[start]!)) start++;
  while (end > start && ' $*"`,;:\\.'.includes(text[end - 1]!) && text.slice(end - 2, end) !== '..') end--;
  return text.slice(start, end);
}

const CURRENCIES: Readonly<Record<string, string>> = { $: 'dollars', '€': 'euros', '£': 'pounds', '₹': 'rupees' };

/** An amount's sign, as the unit that it is: `\$12` and `12 dollars` are spelled alike. Elsewhere signs say nothing. */
function spellCurrency(answer: string): string {
  return answer
    .replace(
      /^\s*([-−]?)\s*\\{0,2}([$€£₹])\s*([-−]?\d[\d.,]*)\s*$/,
      (_, minus, sign, amount) => `${minus}${amount.replace(/[.,]+$/, '')} \\text{${CURRENCIES[sign]}}`,
    )
    .replace(/[€£₹]/g, '');
}

/** Bring an extracted answer to one spelling. Groups of three digits joined by `{,}`, `,\!` or `\,`
 * become one numeral, and so do those of an answer that is one number with spaces; any other `{,}` between digits is a
 * decimal comma. */
export function normalise(answer: string): string {
  let text = spellCurrency(answer).replace(NON_ASCII, (char) => UNICODE[char] ?? char);
  if (!text.includes('\\begin')) text = text.replace(/\\\\(?=[a-zA-Z{}%$])/g, '\\');
  text = text
    .replace(/(?<=\d)\s?\{,\s?\}\s?(?=\d{3}(?!\d))/g, '')
    .replace(/(?<=\d)\{,\}(?=\d)/g, '.')
    .replace(/,\\!\s{0,8}(?=\d{3})/g, '')
    .replace(/(?<=\d)\\[,!; ](?=\d{3}(?!\d))/g, '')
    .replace(/(?<=\d)\\[,!;:]?\s?\\times/g, '\\times')
    .replace(/\\\$|(?<!\\)\\[()[\]]|\$/g, ' ')
    .replace(
      /(?<=\d)\s?\^\s?\{?\s?(?:\\(?:text|mathrm|textrm)\s?\{\s?(?:st|nd|rd|th)\s?\}|(?:st|nd|rd|th)\b)\s?\}?/g,
      '',
    )
    .replace(/\\%/g, '%')
    .replace(/\\#/g, '#')
    .replace(/\\&/g, ' and ')
    .replace(/\\(?:dfrac|tfrac|cfrac)(?![a-zA-Z])/g, '\\frac')
    .replace(/\\(?:dbinom|tbinom)(?![a-zA-Z])/g, '\\binom')
    .replace(LAYOUT, '')
    .replace(SPACES, ' ')
    .replace(/(?<![a-zA-Z])(?:np|math)\.(?=[a-z])/g, '')
    .replace(/\*\*/g, '^');
  const arrow = Math.max(...['\\Rightarrow', '\\implies', '\\Longrightarrow'].map((mark) => text.lastIndexOf(mark)));
  if (arrow >= 0) text = text.slice(arrow).replace(/^\\[a-zA-Z]+/, '');
  return trimEnds(text.replace(/\s+/g, ' ')).replace(/^[-+]?\d{1,3}(?: \d{3})+(?=$|\.\d)/, (digits) =>
    digits.replaceAll(' ', ''),
  );
}
