/**
 * Shows a document: blocks grouped, pages marked, a span highlighted.
 * `rag/server/rendering.py` does the same for the page of a document.
 */

import { make } from './element.js';

/** @import { Block, Text } from './types.js' */

const SECTION = 50;
const MARKDOWN = 'text/markdown';
const MARKER = /^[ \t]*(?:#{1,6}|[-*+]|\d{1,9}[.)]|>)[ \t]+/;

/**
 * Return the elements of a document; the first `mark` among them is where the span begins.
 *
 * @param {Text} document
 * @param {{start: number, end: number}} span  in UTF-16 code units; empty for none
 * @returns {HTMLElement[]}
 */
export function reading(document, span) {
  const at = places(document);
  /** @type {HTMLElement[]} */
  const sections = [];
  let key = '';
  let page = 0;
  document.blocks.forEach((block, number) => {
    const current = pageAt(document.pages, block.start);
    if (current !== page) sections.push(make('p', { class: 'page' }, `Page ${current}`));
    const group = `${block.kind} ${current} ${Math.floor(number / SECTION)}`;
    if (group !== key) sections.push(section(block.kind, document.media_type));
    key = group;
    page = current;
    const shown = shownBlock(document, block, { start: at(block.start), end: at(block.end) }, span);
    sections[sections.length - 1].append(shown);
  });
  return sections;
}

/**
 * Return what turns code points of a text into UTF-16 code units.
 *
 * @param {{text: string, characters: number}} document
 * @returns {(point: number) => number}
 */
export function places({ text, characters }) {
  if (text.length === characters) return (point) => point;
  const wide = Array.from(text.matchAll(/[\u{10000}-\u{10ffff}]/gu), (found, k) => found.index - k);
  return (point) => point + below(wide, point);
}

/**
 * @param {number[]} sorted
 * @param {number} limit
 * @returns {number}  how many are below the limit
 */
function below(sorted, limit) {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * @param {number[]} starts
 * @param {number} place
 */
function pageAt(starts, place) {
  return below(starts, place + 1);
}

/**
 * @param {Block['kind']} kind
 * @param {string} mediaType
 */
function section(kind, mediaType) {
  const drawn = mediaType === MARKDOWN ? ' drawn' : '';
  if (kind === 'list_item') return make('ul');
  if (kind === 'table') return make('div', { class: `table${drawn}`, tabindex: 0 });
  return make('div', { class: 'section' });
}

/** @type {Record<Block['kind'], (block: Block) => HTMLElement>} */
const ELEMENTS = {
  heading: ({ level }) => make(/** @type {'h3'} */ (`h${Math.min(Math.max(level, 1) + 2, 6)}`)),
  paragraph: () => make('p'),
  list_item: () => make('li'),
  table: () => make('p'),
  code: () => make('pre', { tabindex: 0 }),
  furniture: () => make('p', { class: 'furniture' }),
};

/**
 * @param {Text} document
 * @param {Block} block
 * @param {{start: number, end: number}} place  of the block
 * @param {{start: number, end: number}} span
 */
function shownBlock(document, block, place, span) {
  const text = document.text.slice(place.start, place.end).trimEnd();
  const isMarkdown = document.media_type === MARKDOWN && block.kind !== 'code';
  const marker = isMarkdown ? (text.match(MARKER)?.[0].length ?? 0) : 0;
  const inside = (/** @type {number} */ position) =>
    Math.min(Math.max(position - place.start, 0), text.length);
  const [from, to] = [inside(span.start), inside(span.end)];
  const cuts = [...new Set([0, marker, from, to, text.length])].sort((a, b) => a - b);
  const element = ELEMENTS[block.kind](block);
  if (marker) element.classList.add('own');
  cuts.slice(1).forEach((end, number) => {
    const piece = text.slice(cuts[number], end);
    if (from <= cuts[number] && end <= to) element.append(make('mark', {}, piece));
    else if (end <= marker) element.append(make('span', { class: 'marker' }, piece));
    else element.append(piece);
  });
  return element;
}
