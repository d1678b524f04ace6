/** One exchange of the conversation: a question, and what is happening or came of it. */

import { shown } from './answer.js';
import { icon, make } from './element.js';

/** @import { Surroundings } from './references.js' */
/** @import { Turn } from './types.js' */

export class Exchange {
  /**
   * @param {Turn} turn
   * @param {Surroundings} around
   * @param {(question: string) => void} again
   */
  constructor(turn, around, again) {
    this.turn = turn;
    this.around = around;
    this.again = again;
    this.outcome = make('div', { class: 'outcome' });
    this.element = make(
      'article',
      { class: 'exchange' },
      make('h3', { class: 'question', dir: 'auto' }, turn.question),
      this.outcome,
    );
  }

  /** @param {string} doing */
  progress(doing) {
    const dots = make('span', { class: 'dots', 'aria-hidden': 'true' });
    dots.append(make('i'), make('i'), make('i'));
    this.outcome.replaceChildren(make('p', { class: 'doing' }, dots, doing));
  }

  /** Show what came of the question. */
  settle() {
    const { answer, fault } = this.turn;
    this.element.classList.add('settled');
    if (answer) this.outcome.replaceChildren(...shown(answer, this.around));
    else if (fault) this.#unanswered(make('p', { class: 'fault' }, fault), 'Try again');
    else this.#unanswered(make('p', { class: 'doing' }, 'Stopped.'), 'Ask again');
  }

  /**
   * @param {HTMLElement} why
   * @param {string} label
   */
  #unanswered(why, label) {
    const retry = make('button', {
      type: 'button',
      class: 'quiet',
      onclick: () => this.again(this.turn.question),
    });
    retry.append(icon('again'), label);
    this.outcome.replaceChildren(why, make('div', { class: 'actions' }, retry));
  }
}
