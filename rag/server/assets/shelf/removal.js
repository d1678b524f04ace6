/** Asks before a document is removed, for good. */

import { make } from '../chat/element.js';

/** @import { Summary } from '../chat/types.js' */
/** @import { Service } from '../chat/service.js' */

export class Removal {
  /** @param {Service} service */
  constructor(service) {
    this.service = service;
    this.title = make('h2', { id: 'removing', dir: 'auto' });
    this.fault = make('p', { class: 'fault', role: 'alert' });
    this.yes = make('button', { type: 'button', class: 'danger' }, 'Remove');
    this.element = make(
      'dialog',
      { 'aria-labelledby': 'removing' },
      this.title,
      make(
        'p',
        {},
        'No question will find it any more. This cannot be undone; to have it back, add the file again.',
      ),
      this.fault,
      make('form', { method: 'dialog' }, make('button', { autofocus: true }, 'Keep it'), this.yes),
    );
  }

  /**
   * Ask, and remove the document if so told; the browser gives focus back to the opener.
   *
   * @param {Summary} summary
   * @param {HTMLElement} opener
   * @param {() => Promise<void>} done
   */
  confirm(summary, opener, done) {
    this.title.textContent = `Remove “${summary.title}”?`;
    this.fault.textContent = '';
    this.yes.onclick = async () => {
      try {
        await this.service.remove(summary.id);
      } catch (error) {
        this.fault.textContent = /** @type {Error} */ (error).message;
        return;
      }
      this.element.close();
      await done();
    };
    opener.focus();
    this.element.showModal();
  }
}
