/** What is said to people, in one place. */

/** @import { Answer, Citation, Passage } from './types.js' */

/** @type {Record<string, string>} */
const REASONS = {
  empty_collection: 'There are no documents yet.',
  nothing_retrieved: 'Nothing in the documents comes near this question.',
  no_answer_in_passages: 'The nearest passages do not seem to hold an answer.',
  low_confidence: 'There is a possible answer, but it is not sure enough to be given.',
  not_a_question: 'There is no word in it to look for.',
};

/** @param {string | null} reason */
export function reason(reason) {
  return REASONS[reason ?? ''] ?? 'No answer could be found.';
}

/**
 * Say how sure an answer is as a count of answers, which people judge better than percentages.
 *
 * @param {number} confidence  a probability
 */
export function sureness(confidence) {
  const count = Math.round(confidence * 20) * 5;
  if (count >= 100) return 'Of answers this sure, nearly all were right when tested.';
  if (count <= 0) return 'Of answers this unsure, hardly any were right when tested.';
  return `Of answers this sure, about ${count} in 100 were right when tested.`;
}

/**
 * @param {string[]} words  those of a question that no document has
 */
export function unknown(words) {
  const quoted = words.map((word) => `“${word}”`);
  const list =
    quoted.length > 1 ? `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}` : quoted[0];
  return `${list} ${words.length > 1 ? 'occur' : 'occurs'} nowhere in the documents.`;
}

/** @param {Passage[]} passages */
export function progress(passages) {
  const ids = [...new Set(passages.map((passage) => passage.document_id))];
  const where = ids.length === 1 ? ids[0] : `${ids.length} documents`;
  return `Reading ${count(passages.length, 'passage')} of ${where} …`;
}

/**
 * @param {number} number
 * @param {string} noun
 */
export function count(number, noun) {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

/**
 * Say where a quote stands: page and headings.
 *
 * @param {Citation} citation
 */
export function where(citation) {
  const page = citation.page === null ? [] : [`page ${citation.page}`];
  const headings = citation.headings.filter((heading) => heading !== citation.title);
  return [...page, ...headings].join(' · ');
}

/**
 * Return an answer with its sources, as plain text for people to paste elsewhere.
 *
 * @param {string} answer
 * @param {Citation[]} citations
 * @param {(citation: Citation) => string} link
 */
export function receipt(answer, citations, link) {
  const sources = citations.map((citation) =>
    [
      `[${citation.id}] “${citation.quote}”, in: “${citation.sentence.text.trim()}”`,
      `${citation.title} (${[citation.document_id, where(citation)].filter(Boolean).join(', ')}), ` +
        `characters ${citation.start}–${citation.end}`,
      link(citation),
    ].join('\n'),
  );
  return [answer, ...sources].join('\n\n');
}

/**
 * Say in a sentence what came of a question: a screen reader is told this.
 *
 * @param {Answer} answer
 */
export function outcome(answer) {
  if (answer.abstained) return `No answer. ${reason(answer.reason)}`;
  const [first, ...more] = answer.citations;
  const others = more.length ? ` and ${more.length} more` : '';
  return `Answer: ${answer.answer}. Source: ${first.title}${others}.`;
}
