/** The box that questions are written in. */

import { icon, make } from './element.js';

const LONGEST = 4000;

export class Composer {
  /**
   * @param {(question: string) => void} ask
   * @param {() => void} stop
   */
  constructor(ask, stop) {
    this.ask = ask;
    this.stop = stop;
    this.isBusy = false;
    this.box = make('textarea', {
      rows: 1,
      maxlength: LONGEST,
      autocomplete: 'off',
      enterkeyhint: 'send',
      dir: 'auto',
      onkeydown: this.#onKey,
      oninput: () => this.#fit(),
    });
    this.button = make('button', { type: 'submit', class: 'send' });
    this.element = make(
      'form',
      { class: 'composer', onsubmit: this.#onSubmit },
      this.box,
      this.button,
    );
    this.busy(false);
  }

  /** @param {string} placeholder */
  name(placeholder) {
    this.box.placeholder = placeholder;
    this.box.setAttribute('aria-label', placeholder);
  }

  /** @param {boolean} isBusy */
  busy(isBusy) {
    this.isBusy = isBusy;
    this.button.replaceChildren(icon(isBusy ? 'stop' : 'send'));
    this.button.setAttribute('aria-label', isBusy ? 'Stop' : 'Ask');
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }

  #onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape' && this.isBusy) this.stop();
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!this.isBusy) this.#submit();
  };

  #onSubmit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (this.isBusy) this.stop();
    else this.#submit();
  };

  #submit() {
    const question = this.box.value.trim();
    if (!question) return;
    this.box.value = '';
    this.#fit();
    this.ask(question);
  }

  #fit() {
    this.box.style.height = 'auto';
    this.box.style.height = `${this.box.scrollHeight}px`;
  }
}
