/** Adds files that are chosen or dropped, one after the other, and tells of each what came of it. */

import { icon, make } from '../chat/element.js';
import { told } from '../chat/service.js';
import { count } from '../chat/wording.js';

/** @import { Service } from '../chat/service.js' */

/**
 * @typedef {object} Change
 * @property {{id: string, status: 'added' | 'changed' | 'unchanged', passages: number}[]} added
 * @property {string[]} failed
 */

const STATUS = { added: 'Added', changed: 'Replaced', unchanged: 'Unchanged' };

export class Uploads {
  /**
   * @param {HTMLElement} root
   * @param {Service} service
   * @param {number} largest  bytes that may be sent at once
   * @param {() => Promise<void>} done
   */
  constructor(root, service, largest, done) {
    this.service = service;
    this.largest = largest;
    this.done = done;
    this.list = /** @type {HTMLElement} */ (root.querySelector('#uploads'));
    this.queue = Promise.resolve();
    const input = /** @type {HTMLInputElement} */ (root.querySelector('#files'));
    const zone = /** @type {HTMLElement} */ (root.querySelector('.drop'));
    input.addEventListener('change', () => {
      this.#add(Array.from(input.files ?? []));
      input.value = '';
    });
    this.#heed(zone);
    /** @type {HTMLElement} */ (root.querySelector('#adding')).hidden = false;
  }

  /**
   * Take what is dropped; beside the zone too, where a browser would leave the page for it.
   *
   * @param {HTMLElement} zone
   */
  #heed(zone) {
    window.addEventListener('dragover', (event) => {
      event.preventDefault();
      zone.classList.add('over');
    });
    window.addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) zone.classList.remove('over');
    });
    window.addEventListener('drop', (event) => {
      event.preventDefault();
      zone.classList.remove('over');
      this.#add(Array.from(event.dataTransfer?.files ?? []));
    });
  }

  /** @param {File[]} files */
  #add(files) {
    for (const file of files) {
      const item = make(
        'li',
        {},
        make('span', { dir: 'auto' }, file.name),
        make('span', { class: 'place' }, 'Waiting'),
      );
      this.list.append(item);
      this.queue = this.queue.then(() => this.#one(file, item));
    }
  }

  /**
   * @param {File} file
   * @param {HTMLLIElement} item
   */
  async #one(file, item) {
    try {
      if (file.size >= this.largest)
        throw told({ detail: `It is over ${this.largest >> 20} MiB: split it.` }, 413);
      this.#tell(item, await this.#send(file, item));
    } catch (error) {
      this.#state(item, make('span', { class: 'place' }, 'Failed'));
      item.append(make('p', { class: 'fault' }, /** @type {Error} */ (error).message));
    }
    await this.done();
  }

  /**
   * Send a file; XMLHttpRequest tells how much of it has gone, which fetch does not.
   *
   * @param {File} file
   * @param {HTMLLIElement} item
   * @returns {Promise<Change>}
   */
  #send(file, item) {
    const bar = make('progress', { max: 1, value: 0, 'aria-label': `Sending ${file.name}` });
    this.#state(item, bar);
    const form = new FormData();
    form.append('files', file, file.name);
    const request = new XMLHttpRequest();
    request.upload.addEventListener(
      'progress',
      ({ loaded, total }) => (bar.value = loaded / total),
    );
    request.upload.addEventListener('load', () => {
      this.#state(item, make('span', { class: 'place' }, 'Reading …'));
    });
    return new Promise((resolve, reject) => {
      request.addEventListener('error', () =>
        reject(told({ detail: 'The service cannot be reached.' }, 0)),
      );
      request.addEventListener('load', () => {
        if (request.status < 300) resolve(request.response);
        else reject(told(request.response ?? {}, request.status));
      });
      request.responseType = 'json';
      request.open('POST', `${this.service.address}/v1/documents`);
      request.send(form);
    });
  }

  /**
   * @param {HTMLLIElement} item
   * @param {Change} change
   */
  #tell(item, { added, failed }) {
    const passages = added.reduce((sum, each) => sum + each.passages, 0);
    const [first, ...more] = added;
    const what = more.length ? `${count(added.length, 'document')}` : STATUS[first.status];
    const state = make(
      'span',
      { class: 'place' },
      icon('done'),
      ` ${what}, ${count(passages, 'passage')}`,
    );
    this.#state(item, state);
    if (!more.length)
      item.firstElementChild?.replaceChildren(
        make('a', { href: this.service.page(first.id) }, first.id),
      );
    item.append(...failed.map((each) => make('p', { class: 'fault' }, each)));
  }

  /**
   * @param {HTMLLIElement} item
   * @param {HTMLElement} state
   */
  #state(item, state) {
    item.children[1].replaceWith(state);
  }
}
