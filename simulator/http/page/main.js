// The page: servers on the left, the chosen one on the right, as it happens.
import * as api from "./api.js";
import { clock, Sessions } from "./dialogue.js";
import { show_tries } from "./tries.js";

const by_id = (id) => document.getElementById(id);
const REFRESH_MS = 2000;
const BURST_MS = 150;
/// What is shown; more is not asked for, so that many events cost the server no more than a few.
const MOST_TRIES = 200;
const MOST_MESSAGES = 50;

let chosen = null; // the server's id
let following = null; // ends the stream of its journal
let scenarios = new Map();
let queue_is_stopped = false;
let refresh_is_due = false;
let refresh_again = false; // something happened since the one under way began
let is_refreshing = false;
let refresh_took_ms = 0;
const sessions = new Sessions(by_id("sessions"), by_id("applications"));

/// `of`: what went wrong, "refresh" or "request".
function tell(error, of) {
  const box = by_id("trouble");
  box.dataset.of = of;
  box.hidden = !error;
  box.textContent = "";
  if (!error) return;
  box.textContent = error.message + (error.allowed ? `; allowed: ${error.allowed}` : "");
  if (error.status === 401) by_id("token-form").hidden = false;
}

/// Does something, and says what went wrong with it. What comes by itself (the beginning, a refresh, the stream) and goes
/// well takes nothing away that was said of what somebody asked for.
async function attempt(work, of = "request") {
  try {
    await work();
    if (of === "request" || by_id("trouble").dataset.of === of) tell(null, of);
    return true;
  } catch (error) {
    if (error.name !== "AbortError") tell(error, of);
    return false;
  }
}

const path = (rest = "") => `/v1/servers/${encodeURIComponent(chosen)}${rest}`;

async function list_servers() {
  const { servers } = await api.get("/v1/servers");
  const list = by_id("servers");
  const had_focus = document.activeElement?.dataset?.server;
  list.replaceChildren(
    ...servers.map((server) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.server = server.id;
      button.setAttribute("aria-current", String(server.id === chosen));
      const names = server.scenarios.length > 3 ? `${server.scenarios.length} scenarios` : server.scenarios.join(", ");
      const left = server.lease ? `, closes in ${Math.max(0, Math.round(server.lease.left / 60))} min` : "";
      button.append(`${server.id}: ${names}`, document.createElement("br"));
      const figures = document.createElement("span");
      figures.className = "soft";
      figures.textContent = `${server.connections} connections, ${server.messages_accepted} accepted${left}`;
      button.append(figures);
      button.addEventListener("click", () => choose(server.id));
      item.append(button);
      return item;
    }),
  );
  by_id("no-servers").hidden = servers.length > 0;
  if (had_focus) list.querySelector(`[data-server="${CSS.escape(had_focus)}"]`)?.focus();
  if (chosen && !servers.some((server) => server.id === chosen)) choose(null);
  return servers;
}

function show_server(server) {
  by_id("title").textContent = `${server.id}: ${server.scenarios.length > 3 ? server.scenarios.length + " scenarios" : server.scenarios.join(", ")}`;
  const known = server.scenarios.length === 1 ? scenarios.get(server.scenarios[0]) : null;
  by_id("summary").textContent = known ? known.summary : "";
  by_id("endpoints").replaceChildren(
    ...server.endpoints.slice(0, 12).map((endpoint) => {
      const code = document.createElement("code");
      code.textContent = `${endpoint.address}:${endpoint.port}` + (server.endpoints.length > 1 ? ` ${endpoint.scenario}` : "") + (endpoint.tls ? " (TLS)" : "");
      return code;
    }),
  );
  by_id("advance-form").hidden = server.clock !== "manual";
  by_id("figures").textContent = `Protocol time ${clock(server.now_us)}` +
    (server.clock === "manual" ? ", manual clock" : server.time_scale !== 1 ? `, ${server.time_scale} times as fast` : "") +
    ` · ${server.open} open, ${server.connections} connections, ${server.messages_accepted} messages accepted`;
}

function show_verdict(report) {
  const box = by_id("verdict");
  box.replaceChildren();
  for (const one of report.cases) {
    const head = document.createElement("p");
    const answer = document.createElement("b");
    answer.className = "answer-" + one.answer;
    answer.textContent = one.answer;
    head.append(answer, ` ${one.scenario}: ${one.why}` + (one.guessed ? " (guessed: there is no record of what was handed over)" : ""));
    box.append(head);
    for (const finding of one.findings) {
      if (finding.outcome !== "fail" && finding.outcome !== "undecided") continue;
      const part = document.createElement("div");
      part.className = "finding " + finding.outcome;
      part.textContent = `${finding.rule}: ${finding.actual}` + (finding.near_miss ? ` (${finding.near_miss})` : "") + ` · ${finding.source}`;
      box.append(part);
    }
  }
  if (!report.cases.length) box.textContent = "No client has connected yet.";
}

function show_messages(messages) {
  by_id("messages").replaceChildren(
    ...messages.reverse().map((message) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `${message.id}: ${message.sender || "<>"} → ${message.recipients.join(", ")}, ${message.size} bytes at ${message.accepted}, from ${message.helo || message.client}`;
      button.addEventListener("click", () =>
        attempt(async () => {
          by_id("message").textContent = await api.get_text(path(`/messages/${encodeURIComponent(message.id)}`));
          by_id("message").hidden = false;
        }));
      item.append(button);
      return item;
    }),
  );
}

/// When the first retry of each recipient is to come, as the verdict's summary has it.
function windows_of(report) {
  const windows = new Map();
  for (const one of report.cases)
    for (const track of one.tracks ?? [])
      if (track.next && track.tries.length) {
        const begin = track.tries[0].begin_us;
        const { from_us, to_us } = track.next;
        windows.set(track.recipient || null, { from: (from_us - begin) / 1e6, to: to_us === null ? null : (to_us - begin) / 1e6 });
      }
  return windows;
}

async function refresh() {
  refresh_is_due = false;
  is_refreshing = true;
  const asked = chosen;
  const began = performance.now();
  await attempt(async () => {
    const servers = await list_servers();
    const server = servers.find((one) => one.id === chosen);
    if (!server || asked !== chosen) return;
    let seen;
    try {
      seen = await Promise.all([api.get(path("/tries?last=" + MOST_TRIES)), api.get(path("/messages?last=" + MOST_MESSAGES)), api.get(path("/verdict"))]);
    } catch (error) {
      if (error.status !== 404) throw error; // it was closed meanwhile
    }
    if (!seen || asked !== chosen) return;
    const [tries, messages, report] = seen;
    show_server(server);
    show_tries(by_id("tries"), tries.tries, server.now_us, windows_of(report));
    show_messages(messages.messages);
    show_verdict(report);
  }, "refresh");
  refresh_took_ms = performance.now() - began;
  is_refreshing = false;
  if (refresh_again) refresh_soon();
}

/// Events come in bursts: what is computed of all of them is asked for once for a burst. What takes the judge long is
/// asked for less often: it is at work for a quarter of the time at most.
function refresh_soon() {
  refresh_again = is_refreshing;
  if (refresh_is_due || is_refreshing) return;
  refresh_is_due = true;
  setTimeout(refresh, Math.max(BURST_MS, 3 * refresh_took_ms));
}

function choose(id) {
  following?.abort();
  chosen = id;
  location.hash = id ?? "";
  by_id("main").hidden = !id;
  by_id("message").hidden = true;
  sessions.clear();
  if (!id) return;
  queue_is_stopped = false;
  by_id("queue").textContent = "Stop the queue";
  following = new AbortController();
  const { signal } = following;
  attempt(() => api.follow(path("/journal"), signal, (event) => {
    if (signal.aborted) return;
    sessions.take(event);
    refresh_soon();
  }), "refresh");
  refresh();
}

function show_mistakes(mistakes) {
  by_id("mistakes").replaceChildren(
    ...mistakes.map((mistake) => {
      const item = document.createElement("li");
      item.textContent = `${mistake.line}:${mistake.column}: ${mistake.what}` + (mistake.allowed ? `; allowed: ${mistake.allowed}` : "");
      return item;
    }),
  );
}

async function make_server() {
  const name = by_id("scenario").value.trim();
  show_mistakes([]);
  const yaml = by_id("yaml").value;
  try {
    if (yaml.trim()) {
      const put = await api.put_yaml(`/v1/scenarios/${encodeURIComponent(name)}`, yaml);
      scenarios.set(put.name, put);
    }
  } catch (error) {
    show_mistakes(error.mistakes ?? []);
    throw error;
  }
  const request = { scenario: name, clock: by_id("clock").value, tls: by_id("tls").value, lease: by_id("lease").value.trim() };
  if (request.clock === "real") request.time_scale = Number(by_id("time-scale").value);
  const server = await api.post("/v1/servers", request);
  by_id("new").open = false;
  choose(server.id);
}

function on_submit(form, work) {
  by_id(form).addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(work);
  });
}
function on_click(button, work) {
  by_id(button).addEventListener("click", () => attempt(work));
}

on_submit("new-form", make_server);
on_submit("advance-form", async () => {
  await api.post(path("/advance"), { by: by_id("advance").value.trim() });
  refresh_soon();
});
on_submit("mark-form", async () => {
  await api.post(path("/mark"), { label: by_id("mark").value.trim() });
});
on_submit("token-form", async () => {
  api.use_token(by_id("token").value.trim());
  await begin();
  by_id("token-form").hidden = true;
});
on_click("reset", async () => {
  await api.post(path("/reset"));
  refresh_soon();
});
on_click("queue", async () => {
  await api.post(path("/queue"), { state: queue_is_stopped ? "started" : "stopped" });
  queue_is_stopped = !queue_is_stopped;
  by_id("queue").textContent = queue_is_stopped ? "Start the queue" : "Stop the queue";
});
on_click("delete", async () => {
  await api.remove(path());
  choose(null);
  await list_servers();
});
by_id("scenario").addEventListener("input", () => {
  by_id("scenario-summary").textContent = scenarios.get(by_id("scenario").value.trim())?.summary ?? "";
});

async function begin() {
  const [version, list] = await Promise.all([api.get("/v1/version"), api.get("/v1/scenarios")]);
  by_id("version").textContent = version.version;
  scenarios = new Map(list.scenarios.map((one) => [one.name, one]));
  by_id("scenarios").replaceChildren(
    ...list.scenarios.filter((one) => !one.needs_names && !one.needs_router).map((one) => {
      const option = document.createElement("option");
      option.value = one.name;
      option.label = one.summary;
      return option;
    }),
  );
  const servers = await list_servers();
  const wanted = decodeURIComponent(location.hash.slice(1));
  if (!chosen && servers.length) choose(servers.some((one) => one.id === wanted) ? wanted : servers[0].id);
  if (!servers.length) by_id("new").open = true;
}

attempt(begin, "refresh");
// Leases and clocks go on by themselves.
setInterval(() => document.hidden || refresh_soon(), REFRESH_MS);
