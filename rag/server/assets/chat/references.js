/** Links to sources: a plain click opens the panel beside the conversation, any other the page. */

import { icon, make } from './element.js';
import * as wording from './wording.js';

/** @import { Citation, Place } from './types.js' */
/** @import { Service } from './service.js' */

/**
 * What links need of their surroundings: addresses of pages, and the panel.
 *
 * @typedef {object} Surroundings
 * @property {Service} service
 * @property {(place: Place, opener: HTMLElement) => void} open
 */

/**
 * @param {Place} place
 * @param {Surroundings} around
 * @param {string} kind  the class of the link
 * @param {...(Node | string)} content
 */
export function opening(place, around, kind, ...content) {
  const href = around.service.page(place.document_id, place.start, place.end);
  const link = make('a', { href, class: kind, dir: 'auto' }, ...content);
  link.addEventListener('click', (event) => {
    if (event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    around.open(place, link);
  });
  return link;
}

/**
 * Return a link to the source of a quote, by its title.
 *
 * @param {Citation} citation
 * @param {Surroundings} around
 */
export function titled(citation, around) {
  return opening(place(citation), around, 'title', citation.title);
}

/**
 * Return a link to the source of a quote, by its number; in a list of its own, without one.
 *
 * @param {Citation} citation
 * @param {Surroundings} around
 * @param {boolean} isNumbered
 */
export function numbered(citation, around, isNumbered) {
  const link = opening(
    place(citation),
    around,
    'number',
    isNumbered ? `${citation.id}` : icon('page'),
  );
  link.setAttribute(
    'aria-label',
    `Source${isNumbered ? ` ${citation.id}` : ''}: ${citation.title}`,
  );
  return link;
}

/**
 * Return a link to the page that lists the documents; away from the site, in a tab of its own.
 *
 * @param {string} label
 * @param {Service} service
 * @param {string} [kind]
 */
export function shelf(label, service, kind = '') {
  const isHere = new URL(service.address).origin === window.location.origin;
  const elsewhere = isHere ? {} : { target: '_blank', rel: 'noopener' };
  return make('a', { href: service.shelf, class: kind, ...elsewhere }, label);
}

/**
 * @param {Citation} citation
 * @returns {Place}
 */
function place(citation) {
  const { document_id, title, start, end, quote, document_sha256: sha256 } = citation;
  const detail = [document_id, wording.where(citation)].filter(Boolean).join(' · ');
  return { document_id, title, start, end, quote, sha256, detail };
}
