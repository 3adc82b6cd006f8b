/**
 * Make an element. Strings become text nodes, here and everywhere on the page: nothing that a model wrote can turn into
 * markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | ((event: any) => void) | undefined>} [attributes] a function listens
 *   to the event of its name; true and false set and leave out
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/**
 * Call a function once before the next frame, however often it is asked for until then.
 *
 * @param {() => void} work
 */
export function beforeNextFrame(work) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    // A page in the background has no frames, and is to be right when it comes back.
    setTimeout(() => {
      asked = false;
      work();
    }, 30);
  };
}

/** A small square in the colour of a curve. @param {string} color name of a custom property */
export function swatch(color) {
  const square = h('span', { class: 'swatch' });
  square.style.background = `var(${color})`;
  return square;
}
