/** The looks of questions and answers. */

export const css = `
.exchange { padding-block: 1rem 1.25rem; }
.exchange + .exchange { border-top: 1px solid var(--line); padding-top: 1.75rem; margin-top: 0.5rem; }
.question {
  width: fit-content;
  max-width: min(100%, 36rem);
  margin-inline-start: auto;
  padding: 0.625rem 1.125rem;
  border-radius: 1.25rem 1.25rem 0.25rem 1.25rem;
  background: var(--tint);
  overflow-wrap: anywhere;
  white-space: pre-line;
}
.outcome { margin-top: 1.25rem; }
.resolved { margin-bottom: 0.75rem; color: var(--soft); font-size: 0.9375rem; overflow-wrap: anywhere; }
.resolved q { color: var(--ink); }

.doing { display: flex; align-items: center; gap: 0.75rem; color: var(--soft); overflow-wrap: anywhere; }
.dots { display: inline-flex; gap: 0.25rem; }
.dots i { width: 0.375rem; height: 0.375rem; border-radius: 50%; background: var(--accent); animation: wait 1.2s ease-in-out infinite; }
.dots i:nth-child(2) { animation-delay: 0.15s; }
.dots i:nth-child(3) { animation-delay: 0.3s; }
@keyframes wait { 0%, 60%, 100% { opacity: 0.25; } 30% { opacity: 1; } }

.said { font: 1.5rem/1.35 var(--serif); overflow-wrap: anywhere; white-space: pre-line; text-wrap: pretty; }
.said.long { font-size: 1.1875rem; line-height: 1.55; }
.number {
  user-select: none;
  display: inline-grid;
  place-items: center;
  min-width: 1.5rem;
  height: 1.5rem;
  padding-inline: 0.3rem;
  border-radius: 0.45rem;
  background: var(--tint);
  color: var(--accent);
  font: 600 0.8125rem/1 var(--sans);
  font-variant-numeric: tabular-nums;
  text-decoration: none;
}
.said .number { margin-inline: 0.35rem 0.1rem; vertical-align: 0.3em; }
.number svg { width: 1rem; height: 1rem; }
a.number:hover, a.number[aria-current] { background: var(--accent); color: var(--on-accent); }

.sources, .passages { display: grid; gap: 0.625rem; margin-top: 1rem; }
.sources > li, .passages > li { position: relative; padding: 0.875rem 1.125rem; border: 1px solid var(--line); border-radius: var(--round); background: var(--raised); }
.sources > li { padding-inline-start: 3.25rem; }
.numbers { position: absolute; inset-inline-start: 1.125rem; top: 0.95rem; display: grid; gap: 0.25rem; }
.sources > li:has(a[aria-current]), .passages > li:has(a[aria-current]) { border-color: var(--accent); }
blockquote { font: 1.0625rem/1.6 var(--serif); overflow-wrap: anywhere; white-space: pre-line; }
.passages blockquote { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden; font-size: 1rem; white-space: normal; }
.from { margin-top: 0.4rem; color: var(--soft); font-size: 0.875rem; overflow-wrap: anywhere; }
.title { color: var(--accent); text-decoration: none; font-weight: 500; }
.title:hover { text-decoration: underline; }
.fresh .sources mark { animation: draw 0.7s 0.15s ease-out backwards; }
@keyframes draw { from { background: transparent; } }
.fresh .outcome > * { animation: rise 0.3s ease-out backwards; }
@keyframes rise { from { opacity: 0; transform: translateY(0.35rem); } }

.foot { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: center; gap: 0.25rem 1rem; margin-top: 0.875rem; }
.foot .quiet { margin-inline: -0.7rem; }
.sure { display: flex; align-items: center; gap: 0.75rem; color: var(--soft); font-size: 0.875rem; }
.meter { flex: none; width: 4rem; height: 0.3125rem; border-radius: 1rem; background: linear-gradient(var(--accent), var(--accent)) 0 / var(--filled) 100% no-repeat var(--line); }
.actions { margin: 0.375rem 0 0 -0.7rem; }

.none { font-size: 1.0625rem; }
.none a { color: var(--accent); }
.unknown { margin-top: 0.5rem; color: var(--soft); overflow-wrap: anywhere; }
.outcome h4 { margin-top: 1.5rem; font-size: 0.875rem; font-weight: 600; color: var(--soft); }
.outcome h4 + .passages { margin-top: 0.5rem; }

details { margin-top: 0.5rem; font-size: 0.875rem; }
summary { width: fit-content; padding: 0.35rem 0; color: var(--soft); cursor: pointer; border-radius: 0.35rem; }
summary:hover { color: var(--accent); }
.alternatives > li { padding-block: 0.75rem; border-top: 1px solid var(--line); }
.alternatives > li:last-child { padding-bottom: 0; }
.alternatives .said { font-size: 1.125rem; }
.alternatives .sure { margin-top: 0.25rem; }

@container (max-width: 30rem) {
  .said { font-size: 1.375rem; }
  .sources > li { padding: 0.875rem 1rem; }
  .numbers { position: static; float: inline-start; display: flex; margin-inline-end: 0.6rem; }
}
`;
