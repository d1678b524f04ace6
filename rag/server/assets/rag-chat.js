/**
 * `<rag-chat>`: asks a rag service, shows cited answers, opens sources beside them.
 * docs/embedding.md describes its attributes, variables and events.
 */

import { Composer } from './chat/composer.js';
import { icon, make } from './chat/element.js';
import { Exchange } from './chat/exchange.js';
import { Memory } from './chat/memory.js';
import { Service } from './chat/service.js';
import { Source } from './chat/source.js';
import { sheets } from './chat/style.js';
import { suggested, titles, welcome } from './chat/welcome.js';
import { outcome, progress } from './chat/wording.js';

/** @import { Answer, Place, Turn } from './chat/types.js' */

const HOME = new URL('..', import.meta.url);
const HEADING = 'Ask your documents';
const PLACEHOLDER = 'Ask a question';
const AIR = 16;

export class RagChat extends HTMLElement {
  static observedAttributes = ['src', 'heading', 'placeholder', 'suggestions'];

  /** @type {Turn[]} */
  #turns = [];
  /** @type {AbortController | null} */
  #asking = null;
  #service = new Service(HOME);
  #memory = new Memory('');
  #source = new Source(this.#service);
  #composer = new Composer(
    (question) => void this.ask(question),
    () => this.#asking?.abort(),
  );
  #log = make('section', { class: 'log', 'aria-label': 'Conversation', tabindex: 0 });
  #status = make('p', { class: 'unseen', role: 'status' });
  #frame = make('div', { class: 'chat', lang: 'en' });

  constructor() {
    super();
    this.attachShadow({ mode: 'open' }).adoptedStyleSheets = sheets;
  }

  connectedCallback() {
    this.#start();
  }

  disconnectedCallback() {
    this.#asking?.abort();
  }

  attributeChangedCallback() {
    if (this.#frame.isConnected) this.#start();
  }

  /**
   * Ask a question, as if it had been typed; does nothing while another one is being answered.
   *
   * @param {string} question
   */
  async ask(question) {
    if (this.#asking) return;
    /** @type {Turn} */
    const turn = { question, answer: null, fault: null };
    const before = [...this.#turns];
    const exchange = this.#add(turn);
    this.#asking = new AbortController();
    this.#composer.busy(true);
    this.#keep();
    try {
      await this.#answer(exchange, before, this.#asking.signal);
    } finally {
      this.#asking = null;
      this.#composer.busy(false);
    }
    exchange.element.classList.add('fresh');
    exchange.settle();
    this.#scrollTo(exchange);
    this.#keep();
  }

  /** Put the focus where a question is written. */
  focus() {
    this.#composer.focus();
  }

  /** Forget the conversation, and begin anew. */
  clear() {
    this.#asking?.abort();
    this.#turns = [];
    this.#keep();
    this.#start();
    this.#composer.focus();
  }

  /** Build everything anew, with the conversation that is remembered of this service. */
  #start() {
    this.#asking?.abort();
    this.#service = new Service(new URL(this.getAttribute('src') ?? HOME, document.baseURI));
    this.#memory = new Memory(this.#service.address);
    this.#source = new Source(this.#service);
    this.#composer.name(this.getAttribute('placeholder') ?? PLACEHOLDER);
    this.#turns = [];
    this.#log.replaceChildren();
    this.#frame.replaceChildren(this.#conversation(), this.#source.element);
    this.#frame.classList.remove('opened');
    this.shadowRoot?.replaceChildren(this.#frame);
    this.#recall();
    this.#frame.classList.toggle('empty', !this.#turns.length);
    this.#log.scrollTop = this.#log.scrollHeight;
  }

  #recall() {
    try {
      for (const turn of this.#memory.recall()) this.#add(turn).settle();
    } catch {
      // What is stored is not of this release's making: begin anew.
      this.#turns = [];
      this.#log.replaceChildren();
      this.#keep();
    }
  }

  #conversation() {
    const heading = this.getAttribute('heading') ?? HEADING;
    const anew = make('button', { type: 'button', class: 'quiet', onclick: () => this.clear() });
    anew.append(icon('anew'), 'New conversation');
    const suggestions = make('div', { class: 'suggestions' });
    void this.#suggest(suggestions);
    return make(
      'div',
      { class: 'conversation' },
      make('div', { class: 'bar' }, make('h2', {}, heading), anew),
      welcome(heading),
      this.#log,
      this.#composer.element,
      suggestions,
      this.#status,
    );
  }

  /** @param {HTMLElement} place */
  async #suggest(place) {
    const questions = (this.getAttribute('suggestions') ?? '')
      .split('|')
      .map((each) => each.trim());
    if (questions.some(Boolean)) {
      place.append(...suggested(questions.filter(Boolean), (question) => void this.ask(question)));
      return;
    }
    try {
      place.append(...(await titles(this.#around)));
    } catch (error) {
      place.append(make('p', { class: 'fault' }, /** @type {Error} */ (error).message));
    }
  }

  get #around() {
    const { service, source } = { service: this.#service, source: this.#source };
    return {
      service,
      open: (/** @type {Place} */ place, /** @type {HTMLElement} */ opener) =>
        void source.open(place, opener),
    };
  }

  /** @param {Turn} turn */
  #add(turn) {
    const exchange = new Exchange(turn, this.#around, (question) => {
      if (this.#asking) return;
      this.#turns = this.#turns.filter((each) => each !== turn);
      exchange.element.remove();
      void this.ask(question);
    });
    this.#turns.push(turn);
    this.#log.append(exchange.element);
    this.#frame.classList.remove('empty');
    return exchange;
  }

  /**
   * Put a question; what comes of it, or went wrong, is written to its turn.
   *
   * @param {Exchange} exchange
   * @param {Turn[]} before
   * @param {AbortSignal} signal
   */
  async #answer(exchange, before, signal) {
    const { turn } = exchange;
    this.#progress(exchange, 'Searching the documents …');
    this.#scrollTo(exchange);
    try {
      for await (const event of this.#service.ask(turn.question, before, signal)) {
        if ('passages' in event) this.#progress(exchange, progress(event.passages));
        else this.#answered(turn, event.answer);
      }
    } catch (error) {
      if (signal.aborted) this.#status.textContent = 'Stopped.';
      else this.#failed(turn, /** @type {Error} */ (error));
    }
  }

  /**
   * @param {Turn} turn
   * @param {Answer} answer
   */
  #answered(turn, answer) {
    turn.answer = answer;
    this.#status.textContent = outcome(answer);
    this.#tell('rag-answer', answer);
  }

  /**
   * @param {Turn} turn
   * @param {Error} error
   */
  #failed(turn, error) {
    turn.fault = error.message;
    this.#status.textContent = error.message;
    this.#tell('rag-error', {
      message: error.message,
      status: 'status' in error ? error.status : 0,
    });
  }

  /**
   * @param {Exchange} exchange
   * @param {string} doing
   */
  #progress(exchange, doing) {
    exchange.progress(doing);
    this.#status.textContent = doing;
  }

  /**
   * @param {string} name
   * @param {object} detail
   */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #keep() {
    this.#memory.keep(this.#turns);
  }

  /**
   * Bring an exchange to the top of the conversation, and move nothing around the component.
   *
   * @param {Exchange} exchange
   */
  #scrollTo(exchange) {
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const top = exchange.element.offsetTop - this.#log.offsetTop - AIR;
    this.#log.scrollTo({ top, behavior: isStill ? 'instant' : 'smooth' });
  }
}

customElements.define('rag-chat', RagChat);
