/** Keeps a conversation over a reload of the page, for as long as its tab is open. */

/** @import { Turn } from './types.js' */

const VERSION = 1;

export class Memory {
  /** @param {string} address  of the service: each has a conversation of its own */
  constructor(address) {
    this.key = `rag-chat:${VERSION}:${address}`;
  }

  /** @returns {Turn[]} */
  recall() {
    try {
      const turns = JSON.parse(sessionStorage.getItem(this.key) ?? '[]');
      return turns.every((/** @type {any} */ turn) => typeof turn.question === 'string')
        ? turns
        : [];
    } catch {
      return []; // a site may forbid storing, and anyone may have written there
    }
  }

  /**
   * Keep the turns, or the newest of them where there is no room for all.
   *
   * @param {Turn[]} turns
   */
  keep(turns) {
    for (let kept = turns; ; kept = kept.slice(Math.ceil(kept.length / 2))) {
      try {
        if (kept.length) sessionStorage.setItem(this.key, JSON.stringify(kept));
        else sessionStorage.removeItem(this.key);
        return;
      } catch {
        if (!kept.length) return;
      }
    }
  }
}
