/** A list of any length of which only what is in sight exists. One row is selected, by pointer or keys. */
import { h } from './dom.js';

export class VirtualList {
  /**
   * @param {object} options
   * @param {string} options.label
   * @param {number} options.rowHeight in pixels
   * @param {(index: number) => Node[]} options.row contents of a row
   * @param {(index: number) => void} options.onSelect
   */
  constructor({ label, rowHeight, row, onSelect }) {
    this.rowHeight = rowHeight;
    this.row = row;
    this.onSelect = onSelect;
    this.count = 0;
    this.selected = -1;
    this.space = h('div', { role: 'presentation', class: 'space' });
    this.element = h('div', {
      class: 'list',
      role: 'listbox',
      tabindex: 0,
      'aria-label': label,
      scroll: () => this.draw(),
      keydown: (event) => this.onKey(event),
      click: (event) => this.onClick(event),
    });
    this.element.append(this.space);
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** The rows are others now. @param {number} count @param {number} selected -1 for none */
  reset(count, selected) {
    this.count = count;
    this.selected = selected;
    this.space.style.height = `${count * this.rowHeight}px`;
    this.draw();
  }

  /** @param {number} index */
  select(index) {
    if (index < 0 || index >= this.count) return;
    this.selected = index;
    this.reveal();
    this.draw();
    this.onSelect(index);
  }

  /** Scroll until the selected row is in sight. */
  reveal() {
    const [top, height] = [this.selected * this.rowHeight, this.element.clientHeight];
    if (top < this.element.scrollTop) this.element.scrollTop = top;
    else if (top + this.rowHeight > this.element.scrollTop + height) {
      this.element.scrollTop = top + this.rowHeight - height;
    }
  }

  draw() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.rowHeight) - 4);
    const last = Math.min(this.count, Math.ceil((scrollTop + clientHeight) / this.rowHeight) + 4);
    const rows = [];
    for (let index = first; index < last; index++) rows.push(this.option(index));
    this.space.replaceChildren(...rows);
    if (this.selected >= first && this.selected < last) {
      this.element.setAttribute('aria-activedescendant', `row-${this.selected}`);
    } else {
      this.element.removeAttribute('aria-activedescendant');
    }
  }

  /** @param {number} index */
  option(index) {
    const option = h('div', {
      role: 'option',
      id: `row-${index}`,
      class: 'row',
      'aria-selected': String(index === this.selected),
      'aria-setsize': this.count,
      'aria-posinset': index + 1,
    });
    option.append(...this.row(index));
    option.style.top = `${index * this.rowHeight}px`;
    option.style.height = `${this.rowHeight}px`;
    return option;
  }

  /** @param {MouseEvent} event */
  onClick({ target }) {
    const row = target instanceof Element ? target.closest('.row') : null;
    if (row) this.select(Number(row.id.slice('row-'.length)));
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.rowHeight) - 1);
    const moves = {
      ArrowDown: 1,
      j: 1,
      ArrowUp: -1,
      k: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.count,
      End: this.count,
    };
    const move = /** @type {Record<string, number>} */ (moves)[event.key];
    if (move === undefined) return;
    event.preventDefault();
    this.select(Math.max(0, Math.min(this.count - 1, this.selected + move)));
  }
}
