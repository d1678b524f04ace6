/** Server-sent events of an answer to a POST, which EventSource cannot ask for. */

/**
 * Yield the events of a stream (WHATWG HTML, 9.2.6); comments, the heartbeats, are passed over.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<{name: string, data: string}>}
 */
export async function* events(body) {
  let name = '';
  /** @type {string[]} */
  let data = [];
  for await (const line of lines(body)) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') name = value;
    if (field === 'data') data.push(value);
    if (line === '') {
      if (data.length) yield { name: name || 'message', data: data.join('\n') };
      name = '';
      data = [];
    }
  }
}

/**
 * Yield the lines of a stream of UTF-8; each ends with a line feed, a carriage return, or both.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<string>}
 */
async function* lines(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value, { stream: !done });
      // A carriage return at the end may be half of what ends a line.
      const parts = rest.split(done ? /\r\n|\n|\r/ : /\r\n|\n|\r(?!$)/);
      rest = parts.pop() ?? '';
      yield* parts;
      if (done) return;
    }
  } finally {
    await reader.cancel();
  }
}
