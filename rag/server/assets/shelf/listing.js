/** The list of the documents, which follows what is searched for, added and removed. */

import { icon, make } from '../chat/element.js';
import { count } from '../chat/wording.js';

/** @import { List, Summary } from '../chat/types.js' */
/** @import { Service } from '../chat/service.js' */

const TYPING = 200;

export class Listing {
  /**
   * @param {HTMLElement} root
   * @param {Service} service
   * @param {number} offset  of the first document on this page of the list
   * @param {number} limit
   * @param {(summary: Summary, opener: HTMLElement) => void} remove
   */
  constructor(root, service, offset, limit, remove) {
    this.service = service;
    this.offset = offset;
    this.limit = limit;
    this.remove = remove;
    this.search = /** @type {HTMLInputElement} */ (root.querySelector('#search'));
    this.count = /** @type {HTMLElement} */ (root.querySelector('#count'));
    this.list = /** @type {HTMLElement} */ (root.querySelector('#list'));
    this.turning = /** @type {HTMLElement} */ (root.querySelector('#turning'));
    this.asked = 0;
    let timer = 0;
    this.search.addEventListener('input', () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => this.turn(0), TYPING);
    });
    this.search.form?.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.turn(0);
    });
  }

  /**
   * Show the page of the list that begins at an offset.
   *
   * @param {number} offset
   */
  async turn(offset) {
    this.offset = offset;
    history.replaceState(null, '', this.#address(offset));
    await this.refresh();
  }

  /** Show what is there now. */
  async refresh() {
    const asked = ++this.asked;
    const { offset, limit } = this;
    try {
      const found = await this.service.list({ search: this.search.value, offset, limit });
      if (asked === this.asked) this.#show(found);
    } catch (error) {
      this.count.textContent = /** @type {Error} */ (error).message;
    }
  }

  /** @param {List} found */
  #show({ documents, total }) {
    const found = this.search.value.trim() ? ' found' : '';
    const empty = total || found ? '' : ' yet: add some above';
    this.count.textContent = `${total ? count(total, 'document') : 'No documents'}${found}${empty}`;
    this.list.replaceChildren(...documents.map((each) => this.#item(each)));
    const last = this.offset + documents.length;
    this.turning.hidden = !this.offset && last >= total;
    this.turning.replaceChildren(
      this.#step('← Earlier', 'prev', Math.max(0, this.offset - this.limit), this.offset > 0),
      make(
        'span',
        {},
        `${Math.min(this.offset + 1, last)}–${last} of ${total.toLocaleString('en')}`,
      ),
      this.#step('Later →', 'next', last, last < total),
    );
  }

  /** @param {Summary} summary */
  #item(summary) {
    const { id, title, characters, passages } = summary;
    const sizes = ` · ${count(characters, 'character')} · ${count(passages, 'passage')}`;
    const remove = make(
      'button',
      { type: 'button', class: 'quiet', 'aria-label': `Remove ${title}` },
      icon('remove'),
      'Remove',
    );
    remove.addEventListener('click', () => this.remove(summary, remove));
    return make(
      'li',
      { 'data-id': id },
      make('a', { href: this.service.page(id), dir: 'auto' }, title),
      make('small', {}, make('span', { dir: 'auto' }, id), sizes),
      remove,
    );
  }

  /**
   * @param {string} label
   * @param {string} rel
   * @param {number} offset
   * @param {boolean} isThere
   */
  #step(label, rel, offset, isThere) {
    if (!isThere) return make('span');
    const link = make('a', { href: this.#address(offset), rel }, label);
    link.addEventListener('click', (event) => {
      event.preventDefault();
      void this.turn(offset);
    });
    return link;
  }

  /** @param {number} offset */
  #address(offset) {
    const query = new URLSearchParams();
    if (this.search.value) query.set('search', this.search.value);
    if (offset) query.set('offset', `${offset}`);
    if (offset) query.set('limit', `${this.limit}`);
    return `${this.service.shelf}${query.size ? `?${query}` : ''}`;
  }
}
