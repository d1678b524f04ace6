/** The looks of the conversation; adopted by script, so that no policy for styles is in the way. */

import { css as answer } from './style-answer.js';
import { css as source } from './style-source.js';

const css = `
:host {
  --accent: var(--rag-accent, light-dark(#0f5e5a, #86d0c6));
  --on-accent: var(--rag-on-accent, light-dark(#ffffff, #10201e));
  --ground: var(--rag-background, light-dark(#fbfaf7, #181817));
  --raised: var(--rag-surface, light-dark(#ffffff, #212120));
  --ink: var(--rag-text, light-dark(#23211e, #e9e6df));
  --soft: var(--rag-muted, light-dark(#67625a, #a8a298));
  --line: var(--rag-line, light-dark(#e3dfd6, #383633));
  --mark: var(--rag-mark, light-dark(#ffe893, #685719));
  --fault: light-dark(#a3261c, #ff9c8f);
  --tint: color-mix(in srgb, var(--accent) 11%, transparent);
  --sans: var(--rag-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
  --serif: var(--rag-reading-font, Charter, "Bitstream Charter", "Iowan Old Style", "Source Serif 4", Georgia, "Noto Serif", serif);
  --round: var(--rag-radius, 0.875rem);
  color-scheme: light dark;
  container-type: inline-size;
  display: block;
  height: 38rem;
  max-height: 100dvh;
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([hidden]) { display: none; }

*, ::before, ::after { box-sizing: border-box; }
h2, h3, h4, p, ul, ol, blockquote, pre { margin: 0; padding: 0; font: inherit; }
ul, ol { list-style: none; }
svg { width: 1.25em; height: 1.25em; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; flex: none; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }

.chat {
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  grid-template-rows: minmax(0, 1fr);
  position: relative;
  height: 100%;
  overflow: hidden;
  background: var(--ground);
  color: var(--ink);
  font: 1rem/1.5 var(--sans);
  text-align: start;
}
.chat.opened { grid-template-columns: minmax(0, 1fr) minmax(24rem, 46%); }

.conversation {
  --side: max(1.25rem, (100% - 46rem) / 2);
  display: flex;
  flex-direction: column;
  min-height: 0;
}
.conversation > :not(.unseen) { padding-inline: var(--side); }
.bar { display: flex; justify-content: space-between; align-items: center; gap: 1rem; padding-block: 0.625rem; color: var(--soft); font-size: 0.875rem; }
.bar h2 { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.log { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding-block: 0.5rem 1.5rem; outline-offset: -2px; mask-image: linear-gradient(#000 calc(100% - 1.25rem), transparent); }
.welcome { display: none; }
.suggestions { display: none; }
.empty .conversation { justify-content: safe center; overflow-y: auto; padding-block: 1.5rem 12%; }
.empty :is(.log, .bar) { display: none; }
.empty :is(.welcome, .suggestions) { display: block; }

.welcome { text-align: center; margin-bottom: 1.5rem; }
.welcome h2 { font: 500 clamp(1.6rem, 4cqi, 2.25rem)/1.2 var(--serif); letter-spacing: -0.01em; text-wrap: balance; }
.welcome p { margin: 0.75rem auto 0; max-width: 34rem; color: var(--soft); text-wrap: balance; }

.composer { position: relative; padding-block: 0.25rem 1.25rem; }
.empty .composer { padding-bottom: 0; }
.composer textarea {
  display: block;
  width: 100%;
  min-height: 3.5rem;
  max-height: 12rem;
  resize: none;
  field-sizing: content;
  padding: 1rem 3.75rem 1rem 1.25rem;
  border: 1px solid color-mix(in srgb, var(--soft) 75%, var(--line));
  border-radius: 1.75rem;
  background: var(--raised);
  color: inherit;
  font: inherit;
  box-shadow: 0 1px 2px rgb(0 0 0 / 4%), 0 6px 24px -8px rgb(0 0 0 / 10%);
}
.composer textarea::placeholder { color: var(--soft); opacity: 1; }
.composer textarea:focus-visible { outline: 1px solid var(--accent); outline-offset: -1px; border-color: var(--accent); box-shadow: 0 0 0 4px var(--tint); }
.send {
  position: absolute;
  right: calc(var(--side) + 0.5rem);
  bottom: 1.75rem;
  display: grid;
  place-items: center;
  width: 2.5rem;
  height: 2.5rem;
  border: 0;
  border-radius: 50%;
  background: var(--accent);
  color: var(--on-accent);
  cursor: pointer;
}
.empty .send { bottom: 0.5rem; }
.send:hover { filter: brightness(1.12); }

.suggestions { margin-top: 1.75rem; color: var(--soft); font-size: 0.9375rem; text-align: center; }
.suggestions ul { display: flex; flex-wrap: wrap; justify-content: center; gap: 0.5rem; margin-top: 0.625rem; }
.suggestions li { max-width: 100%; }
.suggestions > .chip { margin-top: 0.625rem; }
.chip {
  display: inline-flex;
  align-items: center;
  gap: 0.4rem;
  max-width: 100%;
  padding: 0.45rem 0.9rem;
  border: 1px solid var(--line);
  border-radius: 1.25rem;
  background: var(--raised);
  color: var(--ink);
  font: inherit;
  text-align: start;
  text-decoration: none;
  cursor: pointer;
}
.chip:hover { border-color: var(--accent); color: var(--accent); }
.chip svg { color: var(--soft); }

.quiet {
  display: inline-flex;
  align-items: center;
  gap: 0.4rem;
  padding: 0.35rem 0.7rem;
  border: 0;
  border-radius: 0.5rem;
  background: none;
  color: var(--soft);
  font: 0.875rem/1.4 var(--sans);
  text-decoration: none;
  cursor: pointer;
}
.quiet:hover, .round:hover { background: var(--tint); color: var(--accent); }
.bar .quiet { margin-inline-end: -0.7rem; flex: none; }
.fault { color: var(--fault); overflow-wrap: anywhere; }
mark { background: var(--mark); color: inherit; border-radius: 0.15em; box-decoration-break: clone; -webkit-box-decoration-break: clone; padding-block: 0.08em; }

@container (max-width: 55.99rem) {
  .chat.opened { grid-template-columns: minmax(0, 1fr); }
  .opened .conversation { visibility: hidden; }
  .opened .source { position: absolute; inset: 0; border: 0; }
}
@container (max-width: 30rem) {
  .conversation { --side: 1rem; }
  .composer { padding-bottom: 1rem; }
  .send { bottom: 1.5rem; }
  .welcome { text-align: start; }
  .suggestions { text-align: start; }
  .suggestions ul { justify-content: flex-start; }
}
@media (prefers-reduced-motion: reduce) {
  *, ::before, ::after { animation: none !important; transition: none !important; scroll-behavior: auto !important; }
}
`;

/** @param {string} text */
function sheet(text) {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}

export const sheets = [css, answer, source].map(sheet);
