// Ask with OpenAI's client for Node: npm install openai; node openai_chat.mjs "Who is …?" [ADDRESS]
import OpenAI from "openai";

const [question, address = "http://127.0.0.1:8000"] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/v1`, apiKey: "none" });

const stream = await client.chat.completions.create({
  model: "rag",
  messages: [{ role: "user", content: question }],
  stream: true,
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta.content ?? "");
  // What OpenAI's own types do not know: the whole answer comes with the last chunk.
  if (chunk.rag) {
    for (const { document_id, start, end, quote } of chunk.rag.citations) {
      console.log(`\n${document_id}[${start}:${end}] == ${JSON.stringify(quote)}`);
    }
  }
}
