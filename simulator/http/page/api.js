// Requests to the server that the page came from.

let token = sessionStorage.getItem("token") || "";

export function use_token(text) {
  token = text;
  sessionStorage.setItem("token", text);
}

/// An answer that is an error: its problem document.
export class Problem extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || "status " + status);
    this.status = status;
    this.allowed = problem.allowed || "";
    this.mistakes = problem.mistakes || [];
  }
}

async function ask(method, path, options = {}) {
  const headers = { ...options.headers };
  if (token) headers.Authorization = "Bearer " + token;
  const answer = await fetch(path, { method, headers, body: options.body, signal: options.signal });
  if (answer.ok) return answer;
  let problem = {};
  try {
    problem = await answer.json();
  } catch {
    // An answer without a document says what it says by its status.
  }
  throw new Problem(answer.status, problem);
}

export async function get(path) {
  return (await ask("GET", path)).json();
}
export async function get_text(path) {
  return (await ask("GET", path)).text();
}
export async function post(path, body = {}) {
  const answer = await ask("POST", path, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return answer.status === 204 ? null : answer.json();
}
export async function put_yaml(path, text) {
  return (await ask("PUT", path, { headers: { "Content-Type": "application/yaml" }, body: text })).json();
}
export async function remove(path) {
  await ask("DELETE", path);
}

/// Calls `take` with each event of a server's journal, from its beginning and as they come, until `signal` is aborted
/// or the server is closed. A stream that breaks is taken up again where it was.
export async function follow(path, signal, take) {
  let position = "";
  for (;;) {
    const headers = { Accept: "text/event-stream" };
    if (position) headers["Last-Event-ID"] = position;
    const answer = await ask("GET", path, { headers, signal });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += value;
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        const lines = text.slice(0, end).split("\n");
        text = text.slice(end + 2);
        const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
        for (const line of lines) if (line.startsWith("id:")) position = line.slice(3).trim();
        if (data.length) take(JSON.parse(data.join("\n")));
      }
    }
    return;
  }
}
