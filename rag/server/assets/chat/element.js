/** Makes elements. Whatever text they hold is put in as text, never as markup. */

const SVG = 'http://www.w3.org/2000/svg';

/** Own drawings, in a box of 20 by 20. @type {Record<string, string>} */
const ICONS = {
  send: 'M10 16V4M4.5 9.5 10 4l5.5 5.5',
  stop: 'M6 6h8v8H6z',
  close: 'M5 5l10 10M15 5 5 15',
  back: 'M12 4 6 10l6 6',
  copy: 'M7.5 7.5h8v8h-8zM4.5 12.5v-8h8',
  done: 'M4 10.5 8.5 15 16 6',
  open: 'M8 5H5v10h10v-3M11 4h5v5M16 4l-7 7',
  anew: 'M10 4v12M4 10h12',
  page: 'M6 3h5.5L15 6.5V17H6zM11.5 3v3.5H15M8 10h4.5M8 13h4.5',
  remove: 'M4 6h12M8 6V4h4v2M6 6l.8 10h6.4L14 6',
  again: 'M15.5 8A6 6 0 1 0 16 11.5M16 3.5V8h-4.5',
};

/**
 * Return a new element.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string | number | boolean | null | undefined | ((event: any) => void)>} [attributes]
 *   as in HTML; false, null and undefined are left out, a function is a listener ("onclick")
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, '');
    else if (value !== false && value != null) element.setAttribute(key, String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * Return a drawing that says nothing to a screen reader: what it stands on has a name.
 *
 * @param {string} name
 */
export function icon(name) {
  const drawing = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  drawing.setAttribute('viewBox', '0 0 20 20');
  drawing.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', ICONS[name]);
  drawing.append(path);
  return drawing;
}

/**
 * Return a text with parts of it marked.
 *
 * @param {string} text
 * @param {{start: number, end: number}[]} spans  in code points of the text, not overlapping
 * @returns {(Node | string)[]}
 */
export function marked(text, spans) {
  const points = Array.from(text);
  /** @type {(Node | string)[]} */
  const pieces = [];
  let last = 0;
  for (const { start, end } of [...spans].sort((one, other) => one.start - other.start)) {
    pieces.push(points.slice(last, start).join(''));
    pieces.push(make('mark', {}, points.slice(start, end).join('')));
    last = end;
  }
  return [...pieces, points.slice(last).join('')];
}
