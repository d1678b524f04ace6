/** The page of the conversation: asks the question in its address, once. */

import './rag-chat.js';

/** @import { RagChat } from './rag-chat.js' */

const chat = /** @type {RagChat} */ (document.querySelector('rag-chat'));
const question = new URLSearchParams(location.search).get('question');
if (question) {
  history.replaceState(null, '', location.pathname);
  void chat.ask(question);
}
// Where there is no keyboard but on the screen, it would come up and hide half of the page.
if (matchMedia('(hover: hover)').matches) chat.focus();
