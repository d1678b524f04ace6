/**
 * The shapes that the service answers with; see docs/api.md. Offsets are code points.
 *
 * @typedef {object} Citation
 * @property {number} id
 * @property {string} document_id
 * @property {string} title
 * @property {number | null} page
 * @property {string[]} headings
 * @property {string} quote
 * @property {number} start
 * @property {number} end
 * @property {number} answer_start
 * @property {number} answer_end
 * @property {{start: number, end: number, text: string}} sentence
 * @property {string} document_sha256
 *
 * @typedef {object} Alternative
 * @property {string} answer
 * @property {number} confidence
 * @property {Citation[]} citations
 *
 * @typedef {object} Passage
 * @property {string} id
 * @property {string} document_id
 * @property {number} start
 * @property {number} end
 * @property {string} text
 *
 * @typedef {object} Answer
 * @property {string} question
 * @property {string} resolved_question
 * @property {string | null} answer
 * @property {boolean} abstained
 * @property {string | null} reason
 * @property {number} confidence
 * @property {string[]} unknown_words
 * @property {Citation[]} citations
 * @property {Alternative[]} alternatives
 * @property {Passage[]} passages
 *
 * @typedef {object} Block
 * @property {number} start
 * @property {number} end
 * @property {'heading' | 'paragraph' | 'list_item' | 'table' | 'code' | 'furniture'} kind
 * @property {number} level
 *
 * @typedef {object} Summary
 * @property {string} id
 * @property {string} title
 * @property {number} characters
 * @property {number} passages
 *
 * @typedef {object} Text
 * @property {string} id
 * @property {string} title
 * @property {string} media_type
 * @property {string} sha256
 * @property {number} characters
 * @property {string} text
 * @property {Block[]} blocks
 * @property {number[]} pages
 *
 * @typedef {object} List
 * @property {Summary[]} documents
 * @property {number} total
 *
 * @typedef {object} Turn  One exchange of a conversation; neither `answer` nor `fault`: stopped.
 * @property {string} question
 * @property {Answer | null} answer
 * @property {string | null} fault
 *
 * @typedef {object} Place  What the panel is asked to show: a span of a document, or all of it.
 * @property {string} document_id
 * @property {string} [title]
 * @property {number} [start]
 * @property {number} [end]
 * @property {string} [quote]  the words of the span, by which it is found where the text changed
 * @property {string} [sha256]  that of the text which the span was taken from, or its beginning
 * @property {string} [detail]  where it stands, for people
 */

export {};
