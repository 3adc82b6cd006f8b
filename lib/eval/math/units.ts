/**
 * Words that follow a number as its unit. Symbols of one letter are units only where the text sets them apart
 * (`\mathrm{m}`, `\text{s}`): a bare `5 m` may as well be five times m.
 */
const UNIT_GROUPS: readonly (readonly string[])[] = [
  ['m', 'meter', 'meters', 'metre', 'metres'],
  ['cm', 'centimeter', 'centimeters', 'centimetre', 'centimetres'],
  ['mm', 'millimeter', 'millimeters', 'millimetre', 'millimetres'],
  ['km', 'kilometer', 'kilometers', 'kilometre', 'kilometres'],
  ['nm', 'nanometer', 'nanometers'],
  ['pm', 'picometer', 'picometers'],
  ['um', 'micron', 'microns'],
  ['ft', 'foot', 'feet'],
  ['inch', 'inches'],
  ['yd', 'yard', 'yards'],
  ['mi', 'mile', 'miles'],
  ['angstrom', 'angstroms', 'aa'],
  ['s', 'sec', 'secs', 'second', 'seconds'],
  ['min', 'mins', 'minute', 'minutes'],
  ['h', 'hr', 'hrs', 'hour', 'hours'],
  ['day', 'days'],
  ['week', 'weeks'],
  ['month', 'months'],
  ['yr', 'yrs', 'year', 'years'],
  ['g', 'gram', 'grams'],
  ['kg', 'kilogram', 'kilograms'],
  ['mg', 'milligram', 'milligrams'],
  ['lb', 'lbs', 'pound', 'pounds'],
  ['oz', 'ounce', 'ounces'],
  ['ton', 'tons', 'tonne', 'tonnes'],
  ['l', 'liter', 'liters', 'litre', 'litres'],
  ['ml', 'milliliter', 'milliliters'],
  ['gallon', 'gallons', 'gal'],
  ['cup', 'cups'],
  ['mol', 'mole', 'moles'],
  ['j', 'joule', 'joules'],
  ['kj', 'kilojoule', 'kilojoules'],
  ['ev', 'electronvolt', 'electronvolts'],
  ['erg', 'ergs'],
  ['cal', 'calorie', 'calories'],
  ['kcal'],
  ['w', 'watt', 'watts'],
  ['kw', 'kilowatt', 'kilowatts'],
  ['v', 'volt', 'volts'],
  ['n', 'newton', 'newtons'],
  ['pa', 'pascal', 'pascals'],
  ['hz', 'hertz'],
  ['khz'],
  ['mhz'],
  ['k', 'kelvin', 'kelvins'],
  ['c', 'celsius'],
  ['f', 'fahrenheit'],
  ['mph'],
  ['kmh', 'kph'],
  ['amu'],
  ['degree', 'degrees', 'deg'],
  ['rad', 'radian', 'radians'],
  ['arcsec', 'arcsecs', 'arcsecond', 'arcseconds'],
  ['dollar', 'dollars', 'usd'],
  ['cent', 'cents'],
  ['euro', 'euros', 'eur'],
  ['rupee', 'rupees'],
  ['yuan'],
  ['increase', 'increased'],
  ['decrease', 'decreased'],
  ['profit', 'gain'],
  ['loss'],
  ['unit', 'units'],
  ['square'],
  ['cubic'],
  ['sq'],
  ['per'],
  ['bit', 'bits'],
  ['byte', 'bytes'],
  ['parsec', 'parsecs'],
  ['gyr'],
  ['time', 'times'],
  ['way', 'ways'],
  ['people', 'person', 'persons'],
  ['student', 'students'],
  ['point', 'points'],
  ['apple', 'apples'],
];

const CANONICAL = new Map(UNIT_GROUPS.flatMap((group) => group.map((name) => [name, group[0]!] as const)));

/** Words that count things without being a unit: `20 square units` is 20. */
const EMPTY_UNITS = new Set(['unit', 'time', 'way', 'point', 'people', 'degree']);

/** Words that make another value of the number before them: they belong to no unit. */
const VALUE_WORDS =
  /\b(?:hundred|thousand|million|billion|trillion|dozen|or (?:more|less|fewer)|at (?:least|most)|[ap]\.?m)s?\b/i;

/** Does this text say more of a number than what it counts? */
export function changesValue(text: string): boolean {
  return VALUE_WORDS.test(text);
}

/** Is this bare word (of two letters or more) a unit? */
export function isUnitWord(word: string): boolean {
  return word.length > 1 && CANONICAL.has(word.toLowerCase());
}

/** One spelling for a unit: `centimeters` and `cm` both give `cm`; unknown words stay as they are. */
function canonicalUnit(word: string): string {
  const lower = word.toLowerCase().replace(/[^a-z]/g, '');
  return CANONICAL.get(lower) ?? lower;
}

/** Units that are written as one word and mean a quotient. */
const QUOTIENTS: Readonly<Record<string, readonly string[]>> = { mph: ['mi', 'per', 'h'], kmh: ['km', 'per', 'h'] };
const POWERS: Readonly<Record<string, number>> = { square: 2, sq: 2, cubic: 3 };

/** The words of a unit in one spelling, with its exponents and a `per` for each slash: `cm^2/s` gives cm, 2, per, s. */
export function unitWords(text: string): string[] {
  const parts = text.match(/[A-Za-z]+|-?\d+|\//g) ?? [];
  return parts.flatMap((part) => {
    const word = part === '/' ? 'per' : /\d/.test(part) ? part : canonicalUnit(part);
    return QUOTIENTS[word] ?? [word];
  });
}

/** Exponent of each unit, all after `per` below the line; null where a word is no known unit. */
function exponents(words: readonly string[]): Map<string, number> | null {
  const found = new Map<string, number>();
  let sign = 1;
  let power = 1;
  for (const [i, word] of words.entries()) {
    if (/^-?\d+$/.test(word)) continue; // read with the unit before it
    if (word === 'per') sign = -1;
    else if (word in POWERS) power = POWERS[word]!;
    else if (!CANONICAL.has(word) || EMPTY_UNITS.has(word)) return null;
    else {
      const raised = /^-?\d+$/.test(words[i + 1] ?? '') ? Number(words[i + 1]) : power;
      found.set(word, (found.get(word) ?? 0) + sign * raised);
      power = 1;
    }
  }
  return found.size > 0 ? found : null;
}

/**
 * Do two units contradict each other? Only when both are given and both are wholly made of known units: `5 cm` is
 * neither `5 m` nor `5 cm^2`, but `3 red balls` may well be `3 balls`.
 */
export function unitsConflict(a: readonly string[], b: readonly string[]): boolean {
  const [left, right] = [exponents(a), exponents(b)];
  if (left === null || right === null) return false;
  return left.size !== right.size || [...left].some(([unit, exponent]) => right.get(unit) !== exponent);
}
