// Sessions as they talk: events of the journal, put together by connection.

/// Protocol time as people read it: 1:02:03, 4.2s.
export function clock(us) {
  const seconds = us / 1e6;
  if (seconds < 60) return seconds.toFixed(seconds < 10 ? 2 : 0) + "s";
  const pad = (value) => String(Math.floor(value)).padStart(2, "0");
  return Math.floor(seconds / 3600) + ":" + pad((seconds / 60) % 60) + ":" + pad(seconds % 60);
}

const ENDINGS = {
  "client-quit": "closed after QUIT",
  "client-closed": "the client closed the connection",
  "client-reset": "the client reset the connection",
  server: "the server closed the connection",
  "server-stop": "the server was stopped",
  "store-lost": "the server closed the connection because its store was lost",
};

function reply_lines(time, reply) {
  return (reply || "").split("\n").map((line) => line.replace(/\r$/, "")).filter(Boolean).map((text) => ({ time, by: "server", text }));
}

/// What an event adds to its session: [{time, by, text}].
export function lines_of(event) {
  const note = (text) => [{ time: event.time_us, by: "note", text }];
  const answered = event.answered_us ?? event.time_us;
  switch (event.event) {
    case "connect":
      return note(`connected from ${event.client}:${event.client_port}`);
    case "exchange": {
      const lines = [];
      const asked = event.asked_us ?? event.time_us;
      if (event.line) lines.push({ time: asked, by: "client", text: event.line });
      else if (event.stage === "message") lines.push({ time: asked, by: "client", text: "." });
      if (event.did) lines.push({ time: answered, by: "note", text: "the scenario: " + event.did.replaceAll(" ", ", ") });
      return event.open ? lines : lines.concat(reply_lines(answered, event.reply));
    }
    case "reply":
      return reply_lines(event.time_us, event.reply);
    case "content":
      return note(`content: ${event.size} bytes` + (event.message_id ? `, Message-ID <${event.message_id}>` : ""));
    case "tls":
      return note(event.ok ? `${event.version} ${event.cipher}` : "TLS failed: " + (event.problem || "the connection was lost"));
    case "disconnect":
      return note(event.reset ? "the server reset the connection" : ENDINGS[event.by] || event.by);
    default:
      return [];
  }
}

/// The most sessions that are shown, and the most lines of one: a page that is left open must stay quick.
const MOST_SESSIONS = 200;
const MOST_LINES = 300;

export class Sessions {
  constructor(list, applications) {
    this.list = list;
    this.applications = applications;
    this.clear();
  }

  clear() {
    this.sessions = new Map();
    this.chips = new Map(); // by application: {element, sessions}
    this.chosen = "";
    this.list.replaceChildren();
    this.applications.replaceChildren();
  }

  take(event) {
    if (!event.session) return;
    const key = event.session;
    let session = this.sessions.get(key);
    if (!session) {
      session = this.begin(key);
      this.sessions.set(key, session);
      if (this.sessions.size > MOST_SESSIONS) {
        const [oldest, gone] = this.sessions.entries().next().value;
        gone.element.remove();
        this.leave(gone);
        this.sessions.delete(oldest);
      }
    }
    if (event.event === "connect") session.client.textContent = `${event.client}:${event.client_port}`;
    if (event.event === "exchange") this.look_who(session, event);
    for (const line of lines_of(event)) this.add(session, line);
    if (event.event === "disconnect") session.state.textContent = "closed";
  }

  begin(key) {
    const element = document.createElement("details");
    element.className = "session";
    const summary = document.createElement("summary");
    const span = (css) => Object.assign(document.createElement("span"), { className: css });
    const made = { element, helo: span("helo"), sender: span("sender"), client: span("soft"), state: span("soft"), lines: document.createElement("ol"), application: "" };
    made.state.textContent = "open";
    summary.append(`${key} · `, made.helo, " ", made.sender, " ", made.client, " · ", made.state);
    element.append(summary, made.lines);
    this.list.prepend(element);
    return made;
  }

  add(session, line) {
    if (session.lines.childElementCount >= MOST_LINES) session.lines.firstElementChild.remove();
    const item = document.createElement("li");
    item.className = line.by;
    const time = document.createElement("time");
    time.textContent = clock(line.time);
    item.append(time, { client: "→ ", server: "← ", note: "" }[line.by] + line.text);
    session.lines.append(item);
  }

  /// Applications are told apart by the name that they say with EHLO and by the sender of their mail: many say `localhost`,
  /// and some have several senders.
  look_who(session, event) {
    if (event.verb === "EHLO" || event.verb === "HELO") session.helo.textContent = event.line.split(" ").slice(1).join(" ");
    else if (event.verb === "MAIL" && !session.sender.textContent) session.sender.textContent = event.address || "<>";
    else return;
    const application = [session.helo.textContent, session.sender.textContent].filter(Boolean).join(" · ");
    if (application === session.application) return;
    this.leave(session);
    session.application = application;
    if (!this.chips.has(application)) this.chips.set(application, { element: this.chip(application), sessions: 0 });
    ++this.chips.get(application).sessions;
    session.element.hidden = Boolean(this.chosen) && this.chosen !== application;
  }

  leave(session) {
    const chip = this.chips.get(session.application);
    if (!chip || --chip.sessions > 0) return;
    chip.element.remove();
    this.chips.delete(session.application);
    if (this.chosen === session.application) this.choose("");
  }

  /// A button that shows the sessions of one application alone.
  chip(application) {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "chip";
    chip.textContent = application;
    chip.setAttribute("aria-pressed", "false");
    chip.addEventListener("click", () => this.choose(this.chosen === application ? "" : application));
    this.applications.append(chip);
    return chip;
  }

  choose(application) {
    this.chosen = application;
    for (const [name, chip] of this.chips) chip.element.setAttribute("aria-pressed", String(name === application));
    for (const session of this.sessions.values()) session.element.hidden = Boolean(application) && session.application !== application;
  }
}
