// Asks as useChat does; prints each state of the message that the AI SDK makes of the stream.
import { DefaultChatTransport, readUIMessageStream } from "ai";

const [base, ...said] = process.argv.slice(2);
const transport = new DefaultChatTransport({ api: `${base}/v1/ui/chat` });
const messages = said.map((text, place) => ({
  id: `m${place}`,
  role: place % 2 ? "assistant" : "user",
  parts: [{ type: "text", text }],
}));
try {
  const stream = await transport.sendMessages({
    chatId: "chat",
    messages,
    trigger: "submit-message",
    abortSignal: undefined,
  });
  let message;
  const states = readUIMessageStream({ stream, terminateOnError: true });
  for await (const state of states) message = state;
  console.log(JSON.stringify({ message }));
} catch (error) {
  console.log(JSON.stringify({ error: error.message, status: error.statusCode }));
}
