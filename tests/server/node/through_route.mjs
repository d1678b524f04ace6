// Asks as useChat does, through the route handler of the Next.js example instead of a socket.
import { DefaultChatTransport, readUIMessageStream } from "ai";
import { POST } from "./built/app/api/chat/route.js";

const question = process.argv[2];
const transport = new DefaultChatTransport({
  api: "http://app/api/chat",
  fetch: (url, init) => POST(new Request(url, init)),
});
const stream = await transport.sendMessages({
  chatId: "chat",
  messages: [{ id: "1", role: "user", parts: [{ type: "text", text: question }] }],
  trigger: "submit-message",
  abortSignal: undefined,
});
let message;
for await (const state of readUIMessageStream({ stream, terminateOnError: true })) message = state;
console.log(JSON.stringify(message));
