/** A button that copies a text, and says whether it did. */

import { icon, make } from './element.js';

const SHOWN_FOR = 2000;

/**
 * @param {string} label
 * @param {string} text
 */
export function copier(label, text) {
  const button = make('button', { type: 'button', class: 'quiet' }, icon('copy'), label);
  let timer = 0;
  button.addEventListener('click', async () => {
    const done = await copy(text, button);
    button.replaceChildren(icon(done ? 'done' : 'copy'), done ? 'Copied' : 'Could not copy');
    clearTimeout(timer);
    timer = window.setTimeout(() => button.replaceChildren(icon('copy'), label), SHOWN_FOR);
  });
  return button;
}

/**
 * @param {string} text
 * @param {HTMLElement} beside
 * @returns {Promise<boolean>}  whether it was copied
 */
async function copy(text, beside) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyOld(text, beside);
  }
}

/**
 * Copy as browsers did before: the clipboard is closed to pages that come without TLS.
 *
 * @param {string} text
 * @param {HTMLElement} beside
 */
function copyOld(text, beside) {
  const box = make('textarea', { class: 'unseen', tabindex: -1, 'aria-hidden': 'true' });
  box.value = text;
  beside.after(box);
  box.select();
  const done = document.execCommand('copy');
  box.remove();
  beside.focus();
  return done;
}
