/** The page of a document: its span's link is copied, not followed. */

import { copier } from './chat/copying.js';

const link = /** @type {HTMLAnchorElement | null} */ (document.querySelector('#link'));
link?.replaceWith(copier('Copy link to this passage', link.href));
