// Asks chat completions and responses, whole and streamed; prints what the client makes of each.
import OpenAI from "openai";

const [base, question] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${base}/v1`, apiKey: "none", maxRetries: 0 });
const asked = { model: "rag", messages: [{ role: "user", content: question }] };

const whole = await client.chat.completions.create(asked);
const streamed = await client.chat.completions.stream(asked).finalChatCompletion();
const response = await client.responses.create({ model: "rag", input: question });
const events = client.responses.stream({ model: "rag", input: question });
const final = await events.finalResponse();
const refused = await client.chat.completions
  .create({ ...asked, model: "gpt-4o" })
  .catch((error) => ({ status: error.status, code: error.code }));

console.log(
  JSON.stringify({
    whole: whole.choices[0].message,
    streamed: streamed.choices[0].message,
    response: response.output_text,
    annotations: response.output[0].content[0].annotations,
    final: final.output_text,
    refused,
  }),
);
