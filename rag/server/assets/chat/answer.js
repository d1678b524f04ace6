/** Shows what came of a question: an answer with its sources, or that there is none, and why. */

import { copier } from './copying.js';
import { make, marked } from './element.js';
import { numbered, opening, shelf, titled } from './references.js';
import * as wording from './wording.js';

/** @import { Alternative, Answer, Citation, Passage } from './types.js' */
/** @import { Surroundings } from './references.js' */

/** Characters from which an answer is set as text, not as a headline. */
const LONG = 140;

/**
 * @param {Answer} answer
 * @param {Surroundings} around
 * @returns {HTMLElement[]}
 */
export function shown(answer, around) {
  const isResolved = answer.resolved_question.trim() !== answer.question.trim();
  return [
    ...(isResolved ? [resolved(answer.resolved_question)] : []),
    ...(answer.abstained ? abstention(answer, around) : given(answer, around)),
  ];
}

/** @param {string} question */
function resolved(question) {
  return make('p', { class: 'resolved' }, 'Understood as: ', make('q', { dir: 'auto' }, question));
}

/**
 * @param {Answer} answer
 * @param {Surroundings} around
 */
function given(answer, around) {
  const link = (/** @type {Citation} */ { document_id, start, end }) =>
    around.service.page(document_id, start, end);
  const text = wording.receipt(answer.answer ?? '', answer.citations, link);
  return [
    said(answer.answer ?? '', answer.citations, around, true),
    sources(answer.citations, around),
    ...unknown(answer.unknown_words),
    make('div', { class: 'foot' }, sureness(answer.confidence), copier('Copy with sources', text)),
    ...alternatives('Other possibilities', answer.alternatives, around),
  ];
}

/**
 * Return the words of an answer, each quote followed by a link to its source.
 *
 * @param {string} text
 * @param {Citation[]} citations
 * @param {Surroundings} around
 * @param {boolean} isNumbered
 */
function said(text, citations, around, isNumbered) {
  const points = Array.from(text);
  const line = make('p', { class: points.length > LONG ? 'said long' : 'said', dir: 'auto' });
  let last = 0;
  for (const citation of citations) {
    const between = points.slice(last, citation.answer_start).join('');
    const quote = points.slice(citation.answer_start, citation.answer_end).join('');
    const number = numbered(citation, around, isNumbered);
    line.append(between, make('span', { class: 'quote', lang: '' }, quote), '\u2060', number);
    last = citation.answer_end;
  }
  line.append(points.slice(last).join(''));
  return line;
}

/**
 * Return the sentences that hold the quotes; quotes of one sentence are marked in it together.
 *
 * @param {Citation[]} citations
 * @param {Surroundings} around
 */
function sources(citations, around) {
  /** @type {Map<string, Citation[]>} */
  const groups = new Map();
  for (const citation of citations) {
    const { start, end } = citation.sentence;
    const key = JSON.stringify([citation.document_id, start, end]);
    groups.set(key, [...(groups.get(key) ?? []), citation]);
  }
  const items = Array.from(groups.values(), (group) => source(group, around));
  return make('ol', { class: 'sources', 'aria-label': 'Sources' }, ...items);
}

/**
 * @param {Citation[]} citations  of one sentence
 * @param {Surroundings} around
 */
function source(citations, around) {
  const [first] = citations;
  const { start, text } = first.sentence;
  const spans = citations.map((each) => ({ start: each.start - start, end: each.end - start }));
  const numbers = citations.map(({ id }) => make('span', { class: 'number' }, `${id}`));
  const where = wording.where(first);
  return make(
    'li',
    {},
    make('div', { class: 'numbers', 'aria-hidden': 'true' }, ...numbers),
    make('blockquote', { lang: '', dir: 'auto' }, ...marked(text, spans)),
    make('p', { class: 'from' }, titled(first, around), where && ` · ${where}`),
  );
}

/** @param {string[]} words */
function unknown(words) {
  return words.length ? [make('p', { class: 'unknown', dir: 'auto' }, wording.unknown(words))] : [];
}

/** @param {number} confidence */
function sureness(confidence) {
  const bar = make('span', { class: 'meter', 'aria-hidden': 'true' });
  bar.style.setProperty('--filled', `${Math.round(confidence * 100)}%`);
  return make('p', { class: 'sure' }, bar, wording.sureness(confidence));
}

/**
 * @param {Answer} answer
 * @param {Surroundings} around
 */
function abstention(answer, around) {
  const none = make(
    'p',
    { class: 'none' },
    make('strong', {}, 'No answer. '),
    wording.reason(answer.reason),
  );
  if (answer.reason === 'empty_collection') {
    none.append(' ', shelf('Add some', around.service));
    return [none];
  }
  return [
    none,
    ...unknown(answer.unknown_words),
    ...nearest(answer.passages, around),
    ...alternatives('What was withheld', answer.alternatives, around),
  ];
}

/**
 * @param {Passage[]} passages
 * @param {Surroundings} around
 */
function nearest(passages, around) {
  if (!passages.length) return [];
  const items = passages.map(({ id, document_id, start, end, text }) => {
    const sha256 = id.match(/@([0-9a-f]+)#\d+-\d+$/)?.[1];
    const place = { document_id, start, end, quote: text, sha256 };
    return make(
      'li',
      {},
      make('blockquote', { lang: '', dir: 'auto' }, text),
      make('p', { class: 'from' }, opening(place, around, 'title', document_id)),
    );
  });
  return [make('h4', {}, 'The nearest passages'), make('ol', { class: 'passages' }, ...items)];
}

/**
 * @param {string} label
 * @param {Alternative[]} found
 * @param {Surroundings} around
 */
function alternatives(label, found, around) {
  if (!found.length) return [];
  const items = found.map(({ answer, confidence, citations }) =>
    make('li', {}, said(answer, citations, around, false), sureness(confidence)),
  );
  const summary = make('summary', {}, `${label} (${found.length})`);
  return [make('details', {}, summary, make('ul', { class: 'alternatives' }, ...items))];
}
