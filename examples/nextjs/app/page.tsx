"use client";

import { useChat } from "@ai-sdk/react";
import type { UIMessage } from "ai";
import { useState } from "react";

// What is told of a message, and its parts beside text: see docs/api.md.
type Citation = { id: number; quote: string; sentence: { text: string } };
type Passage = { title: string; url: string; text: string };
type Parts = { citations: Citation[]; passages: Passage[] };
type Message = UIMessage<{ abstained: boolean; confidence: number }, Parts>;

export default function Chat() {
  const [question, setQuestion] = useState("");
  const { messages, sendMessage, status, error } = useChat<Message>();
  const isBusy = status === "submitted" || status === "streaming";

  return (
    <main>
      {messages.map((message) => (
        <section key={message.id} aria-live="polite">
          {message.parts.map((part, place) => {
            switch (part.type) {
              case "text":
                return (
                  <p key={place} style={{ whiteSpace: "pre-wrap" }}>
                    <strong>{message.role === "user" ? "You: " : "Answer: "}</strong>
                    {part.text}
                  </p>
                );
              case "source-url":
                return (
                  <p key={place}>
                    <a href={part.url}>{part.title}</a>
                  </p>
                );
              case "data-citations":
                return part.data.map((citation) => (
                  <blockquote key={`${place}-${citation.id}`}>{citation.sentence.text}</blockquote>
                ));
              case "data-passages":
                return part.data.map((passage) => (
                  <blockquote key={passage.url}>
                    <a href={passage.url}>{passage.title}</a>: {passage.text}
                  </blockquote>
                ));
            }
          })}
        </section>
      ))}
      {error && <p role="alert">{error.message}</p>}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          sendMessage({ text: question });
          setQuestion("");
        }}
      >
        <input
          value={question}
          onChange={(event) => setQuestion(event.target.value)}
          placeholder="Ask your documents"
          required
        />
        <button disabled={isBusy}>Ask</button>
      </form>
    </main>
  );
}
