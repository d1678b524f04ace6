/** The client of one service, or of one of its collections. */

import { events } from './stream.js';

/** @import { Answer, List, Passage, Text, Turn } from './types.js' */

const REMEMBERED = 6;

/** What went wrong, in words for people, with what to do. */
export class Fault extends Error {
  /**
   * @param {string} message
   * @param {number} status  of HTTP; 0 where there was no answer
   */
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

export class Service {
  /** @param {string | URL} address  what the routes of the collection are below */
  constructor(address) {
    this.address = String(address)
      .replace(/[?#].*$/, '')
      .replace(/\/+$/, '');
  }

  /**
   * Ask; yield what is being done, and the answer as the last.
   *
   * @param {string} question
   * @param {Turn[]} turns  what was said before
   * @param {AbortSignal} signal
   * @returns {AsyncGenerator<{passages: Passage[]} | {answer: Answer}>}
   */
  async *ask(question, turns, signal) {
    const history = said(turns);
    const reply = await this.#fetch('/v1/ask', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream' },
      body: JSON.stringify(history.length ? { question, history } : { question }),
      signal,
    });
    if (!reply.body || !reply.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      yield { answer: await reply.json() };
      return;
    }
    for await (const { name, data } of events(reply.body)) {
      if (name === 'retrieval') yield { passages: JSON.parse(data).passages };
      if (name === 'error') throw told(JSON.parse(data), 0);
      if (name === 'done') {
        yield { answer: JSON.parse(data) };
        return;
      }
    }
    throw new Fault('The answer broke off before its end. Ask again.');
  }

  /**
   * @param {string} id
   * @returns {Promise<Text>}
   */
  async text(id) {
    return (await this.#fetch(`/v1/documents/${path(id)}`)).json();
  }

  /**
   * @param {{search?: string, offset?: number, limit: number}} wanted
   * @returns {Promise<List>}
   */
  async list({ search = '', offset = 0, limit }) {
    const query = new URLSearchParams({ search, offset: `${offset}`, limit: `${limit}` });
    return (await this.#fetch(`/v1/documents?${query}`)).json();
  }

  /** @param {string} id */
  async remove(id) {
    await this.#fetch(`/v1/documents/${path(id)}`, { method: 'DELETE' });
  }

  /**
   * Return the address of the page that shows a document, a span of it highlighted.
   *
   * @param {string} id
   * @param {number} [start]
   * @param {number} [end]
   */
  page(id, start, end) {
    const span = start === undefined ? '' : `?start=${start}&end=${end}`;
    return `${this.address}/documents/${path(id)}${span}`;
  }

  /** The address of the page that lists the documents. */
  get shelf() {
    return `${this.address}/documents`;
  }

  /**
   * @param {string} route
   * @param {RequestInit} [init]
   */
  async #fetch(route, init) {
    /** @type {Response} */
    let reply;
    try {
      reply = await fetch(this.address + route, { credentials: 'same-origin', ...init });
    } catch (error) {
      if (init?.signal?.aborted) throw error;
      throw new Fault(this.#unreachable());
    }
    if (!reply.ok) throw told(await reply.json().catch(() => ({})), reply.status);
    return reply;
  }

  #unreachable() {
    const host = new URL(this.address).host;
    const foreign = new URL(this.address).origin !== window.location.origin;
    return foreign
      ? `${host} cannot be reached, or does not allow this site to ask it (CORS).`
      : `${host} cannot be reached. Check that the service runs, and try again.`;
  }
}

/**
 * Return what a problem document (RFC 9457) tells.
 *
 * @param {{detail?: string, title?: string}} problem
 * @param {number} status
 */
export function told(problem, status) {
  const said = problem.detail ?? problem.title;
  return new Fault(
    said ?? `The service answered with an error${status ? ` (${status})` : ''}.`,
    status,
  );
}

/** @param {string} id */
export function path(id) {
  return id.split('/').map(encodeURIComponent).join('/');
}

/**
 * Return what was asked and answered last, as the service takes it.
 *
 * @param {Turn[]} turns
 */
function said(turns) {
  return turns
    .filter((turn) => turn.answer)
    .slice(-REMEMBERED)
    .flatMap(({ question, answer }) => [
      { role: 'user', content: question },
      ...(answer?.answer ? [{ role: 'assistant', content: answer.answer }] : []),
    ]);
}
