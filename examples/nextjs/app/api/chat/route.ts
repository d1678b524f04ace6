// Passes what useChat sends on to the service, and its stream back to the browser, which so needs
// neither the service's address nor leave to call another origin.
const RAG = process.env.RAG_URL ?? "http://127.0.0.1:8000";

export async function POST(request: Request) {
  const answer = await fetch(`${RAG}/v1/ui/chat`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: await request.text(),
    signal: request.signal,
  });
  const headers = new Headers();
  for (const name of ["content-type", "cache-control", "x-vercel-ai-ui-message-stream"]) {
    const value = answer.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  return new Response(answer.body, { status: answer.status, headers });
}
