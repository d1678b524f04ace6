/** The looks of the panel that shows a source. */

export const css = `
.source { display: flex; flex-direction: column; min-width: 0; min-height: 0; border-inline-start: 1px solid var(--line); background: var(--raised); animation: enter 0.2s ease-out; }
@keyframes enter { from { opacity: 0; transform: translateX(1rem); } }
.source header { display: flex; justify-content: space-between; gap: 1rem; padding: 1rem 1.25rem 0.875rem 1.75rem; border-bottom: 1px solid var(--line); }
.source header > div { min-width: 0; }
.source h2 { font: 600 1.0625rem/1.4 var(--serif); overflow-wrap: anywhere; }
.source h2:focus-visible { outline: none; }
.detail { margin-top: 0.125rem; color: var(--soft); font-size: 0.8125rem; overflow-wrap: anywhere; }
.round { display: grid; place-items: center; flex: none; width: 2.25rem; height: 2.25rem; border: 0; border-radius: 50%; background: none; color: var(--soft); cursor: pointer; }
.notice p { padding: 0.625rem 1.75rem; background: var(--tint); font-size: 0.875rem; }
.source footer { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0.25rem; padding: 0.5rem 1.05rem; border-top: 1px solid var(--line); }

.reading { flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; padding: 1.25rem 1.75rem 3rem; font: 1.0625rem/1.65 var(--serif); overflow-wrap: anywhere; outline-offset: -2px; }
.reading.long > * { content-visibility: auto; contain-intrinsic-size: auto 12rem; }
.reading :is(p, li) { white-space: pre-wrap; text-wrap: pretty; }
.reading p { margin-bottom: 0.9em; }
.reading :is(h3, h4, h5, h6) { margin: 0.6em 0; font: 600 1.15em/1.35 var(--serif); text-wrap: balance; white-space: pre-line; }
.reading h3 { font-size: 1.35em; }
.reading :is(h5, h6) { font-size: 1em; }
.reading ul { margin-bottom: 0.9em; padding-inline-start: 1.25rem; }
.reading li { position: relative; margin-bottom: 0.3em; }
.reading li:not(.own)::before { content: "•"; position: absolute; inset-inline-start: -1.1rem; color: var(--soft); }
.reading .table { margin-bottom: 1.2em; border: 1px solid var(--line); border-radius: 0.5rem; overflow-x: auto; font: 0.9em/1.5 var(--sans); font-variant-numeric: tabular-nums; }
.reading .drawn { font: 0.8em/1.6 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.reading .drawn p { white-space: pre; }
.reading .table p { margin: 0; padding: 0.4rem 0.8rem; }
.reading .table p + p { border-top: 1px solid var(--line); }
.reading pre { margin-bottom: 1.2em; padding: 0.8rem 1rem; border-radius: 0.5rem; background: var(--tint); overflow-x: auto; overflow-wrap: normal; font: 0.85em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
.reading .furniture { color: var(--soft); font-size: 0.875em; }
.reading .marker { color: var(--soft); }
.reading :is(h3, h4, h5, h6) .marker { display: none; }
.reading .page { display: flex; align-items: center; gap: 0.75rem; margin: 1.5em 0 1em; color: var(--soft); font: 0.75rem/1 var(--sans); }
.reading .page::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
.reading .waiting { color: var(--soft); }
.reading mark { animation: draw 0.7s 0.1s ease-out backwards; scroll-margin-block: 30%; }

@container (max-width: 30rem) {
  .source header { padding: 0.75rem 0.75rem 0.75rem 1rem; }
  .reading { padding: 1rem 1rem 3rem; }
  .notice p { padding-inline: 1rem; }
  .source footer { padding-inline: 0.3rem; }
}
`;
