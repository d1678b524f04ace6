/** What a conversation starts with: what this is, and what can be asked or opened. */

import { icon, make } from './element.js';
import { opening, shelf } from './references.js';
import { count } from './wording.js';

/** @import { Surroundings } from './references.js' */

const TITLES = 4;

/** @param {string} heading */
export function welcome(heading) {
  return make(
    'header',
    { class: 'welcome' },
    make('h2', {}, heading),
    make(
      'p',
      {},
      'Answers are quoted from the documents word for word, each with its source. What is not in them is not answered.',
    ),
  );
}

/**
 * @param {string[]} questions
 * @param {(question: string) => void} ask
 */
export function suggested(questions, ask) {
  const items = questions.map((question) =>
    make(
      'li',
      {},
      make(
        'button',
        { type: 'button', class: 'chip', dir: 'auto', onclick: () => ask(question) },
        question,
      ),
    ),
  );
  return [make('p', {}, 'For example'), make('ul', {}, ...items)];
}

/**
 * Return what the collection holds, by its titles: what a question could be about.
 *
 * @param {Surroundings} around
 */
export async function titles(around) {
  const { documents, total } = await around.service.list({ limit: TITLES });
  if (!total) {
    return [
      make('p', {}, 'There are no documents yet.'),
      shelf('Add some', around.service, 'chip'),
    ];
  }
  const items = documents.map(({ id, title }) => {
    const place = { document_id: id, title, detail: id };
    return make('li', {}, opening(place, around, 'chip', icon('page'), title));
  });
  if (total > documents.length) {
    const all = `All ${count(total, 'document')}`;
    items.push(make('li', {}, shelf(all, around.service, 'chip')));
  }
  return [make('p', {}, 'In these documents'), make('ul', {}, ...items)];
}
