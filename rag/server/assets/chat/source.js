/** The panel beside the conversation: a document, opened at a span that is highlighted. */

import { copier } from './copying.js';
import { icon, make } from './element.js';
import { places, reading } from './reading.js';

/** @import { Place, Text } from './types.js' */
/** @import { Service } from './service.js' */

/** Blocks from which on only those in view are laid out. */
const LONG = 500;
const LOOKS = 4;

export class Source {
  /** @param {Service} service */
  constructor(service) {
    this.service = service;
    this.title = make('h2', { tabindex: -1, dir: 'auto' });
    this.detail = make('p', { class: 'detail', dir: 'auto' });
    this.notice = make('div', { class: 'notice', role: 'status' });
    this.body = make('div', {
      class: 'reading',
      tabindex: 0,
      role: 'group',
      lang: '',
      dir: 'auto',
    });
    this.link = make('a', { class: 'quiet', target: '_blank', rel: 'noopener' });
    this.link.append(icon('open'), 'Open as a page');
    const close = make('button', { type: 'button', class: 'round', onclick: () => this.close() });
    close.append(icon('close'));
    close.setAttribute('aria-label', 'Close the source');
    this.copy = make('span');
    this.element = make(
      'aside',
      { class: 'source', 'aria-label': 'Source', hidden: true, onkeydown: this.#onKey },
      make('header', {}, make('div', {}, this.title, this.detail), close),
      this.notice,
      this.body,
      make('footer', {}, this.link, this.copy),
    );
    /** @type {Text | null} */
    this.shown = null;
    /** @type {HTMLElement | null} */
    this.opener = null;
    this.asked = 0;
  }

  /**
   * Show a place; focus goes to the panel, and back to what opened it when it is closed.
   *
   * @param {Place} place
   * @param {HTMLElement | null} opener
   */
  async open(place, opener) {
    const asked = ++this.asked;
    this.opener?.removeAttribute('aria-current');
    this.opener = opener;
    opener?.setAttribute('aria-current', 'true');
    this.#head(place);
    this.element.hidden = false;
    this.element.closest('.chat')?.classList.add('opened');
    this.title.focus({ preventScroll: true });
    try {
      const text = await this.#text(place);
      if (asked === this.asked) this.#show(text, place);
    } catch (error) {
      if (asked === this.asked) this.#fail(/** @type {Error} */ (error), place, opener);
    }
  }

  close() {
    this.asked++;
    this.element.hidden = true;
    this.element.closest('.chat')?.classList.remove('opened');
    this.opener?.removeAttribute('aria-current');
    this.opener?.focus();
  }

  #onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    this.close();
  };

  /** @param {Place} place */
  #head(place) {
    this.title.textContent = place.title ?? place.document_id;
    this.detail.textContent = place.detail ?? '';
    this.link.href = this.service.page(place.document_id, place.start, place.end);
    this.notice.replaceChildren();
    this.copy.replaceChildren();
    if (place.quote) {
      const text = `“${place.quote}”\n\n${place.title ?? place.document_id}\n${this.link.href}`;
      this.copy.append(copier('Copy quote and link', text));
    }
  }

  /**
   * Return the text of a document: the one that is shown already, if the place was taken from it.
   *
   * @param {Place} place
   */
  async #text(place) {
    const { shown } = this;
    const isSame = shown?.id === place.document_id && place.sha256;
    if (isSame && shown.sha256.startsWith(place.sha256 ?? '')) return shown;
    this.body.replaceChildren(make('p', { class: 'waiting' }, 'Opening …'));
    return this.service.text(place.document_id);
  }

  /**
   * @param {Text} text
   * @param {Place} place
   */
  #show(text, place) {
    this.shown = text;
    this.title.textContent = text.title;
    const span = this.#span(text, place);
    this.body.replaceChildren(...reading(text, span));
    this.body.classList.toggle('long', text.blocks.length > LONG);
    if (!text.blocks.length) this.body.append(make('p', {}, 'This document holds no text.'));
    this.body.scrollTop = 0;
    const mark = this.body.querySelector('mark');
    if (mark) this.#reveal(mark, LOOKS);
  }

  /**
   * Return where the quote stands; where the text has changed since, look for its words.
   *
   * @param {Text} text
   * @param {Place} place
   */
  #span(text, { start = 0, end = 0, quote = '', sha256 = '' }) {
    if (text.sha256.startsWith(sha256)) {
      const at = places(text);
      return { start: at(start), end: at(end) };
    }
    const found = text.text.indexOf(quote);
    this.notice.append(
      make(
        'p',
        {},
        found < 0
          ? 'This document has changed since, and no longer has the quote. Ask again.'
          : 'This document has changed since; the quote is shown where it stands now.',
      ),
    );
    return found < 0 ? { start: 0, end: 0 } : { start: found, end: found + quote.length };
  }

  /**
   * Scroll the panel, and nothing around it, so that the mark is a third from its top.
   *
   * Parts of a long document have estimated heights until they come near: look again.
   *
   * @param {HTMLElement} mark
   * @param {number} looks
   */
  #reveal(mark, looks) {
    const [top, panel] = [mark, this.body].map((each) => each.getBoundingClientRect().top);
    this.body.scrollTop += top - panel - this.body.clientHeight / 3;
    if (looks) requestAnimationFrame(() => this.#reveal(mark, looks - 1));
  }

  /**
   * @param {Error} error
   * @param {Place} place
   * @param {HTMLElement | null} opener
   */
  #fail(error, place, opener) {
    this.shown = null;
    this.body.replaceChildren(
      make('p', { class: 'fault', role: 'alert' }, error.message),
      make(
        'button',
        { type: 'button', class: 'quiet', onclick: () => this.open(place, opener) },
        icon('again'),
        'Try again',
      ),
    );
  }
}
