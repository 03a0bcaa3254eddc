// Each message's tries along protocol time. The axis is logarithmic, so that seconds and days are in one picture.
import { clock } from "./dialogue.js";

const SVG = "http://www.w3.org/2000/svg";
const TICKS = [10, 60, 300, 1800, 3600, 4 * 3600, 86400, 2 * 86400, 5 * 86400];
const MARGIN = 1.5;

function element(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

function spoken(seconds) {
  if (seconds >= 86400) return seconds / 86400 + "d";
  if (seconds >= 3600) return seconds / 3600 + "h";
  return seconds >= 60 ? seconds / 60 + "m" : seconds + "s";
}

/// What identifies a message for a recipient.
function key_of(attempt) {
  return `${attempt.scenario} ${attempt.handover ?? attempt.message_id ?? ""} ${attempt.recipient ?? ""}`;
}

function picture(tries, now, window) {
  const begin = tries[0].begin_us / 1e6;
  const ends = tries.map((one) => one.end_us / 1e6 - begin);
  const length = Math.max(10, ...ends, now - begin, window ? (window.to ?? window.from * 2) : 0);
  const squeezed = (seconds) => Math.log1p(Math.max(0, seconds) / 10);
  const at = (seconds) => MARGIN + (squeezed(seconds) / squeezed(length)) * (100 - 2 * MARGIN);
  const svg = element("svg", { role: "img", "aria-label": `${tries.length} ${tries.length === 1 ? "try" : "tries"} on a time axis` });
  if (window) {
    const from = at(window.from), to = at(window.to ?? length);
    svg.append(element("rect", { class: "window", x: from + "%", y: 2, width: Math.max(0.3, to - from) + "%", height: 28 }));
  }
  svg.append(element("line", { class: "axis", x1: 0, y1: 16, x2: "100%", y2: 16 }));
  svg.append(element("line", { class: "now", x1: at(now - begin) + "%", y1: 2, x2: at(now - begin) + "%", y2: 30 }));
  for (const one of tries) {
    const dot = element("circle", { class: one.result.replace(" ", "-"), cx: at(one.begin_us / 1e6 - begin) + "%", cy: 16, r: 6 });
    dot.append(element("title", {}, `${clock(one.begin_us - begin * 1e6)}: ${one.reply ?? one.result}`));
    svg.append(dot);
  }
  svg.append(element("text", { x: MARGIN + "%", y: 44 }, "0"));
  let last = MARGIN;
  for (const tick of TICKS) {
    const x = at(tick);
    if (tick > length || x - last < 12 || x > 94) continue;
    last = x;
    svg.append(element("text", { x: x + "%", y: 44, "text-anchor": "middle" }, spoken(tick)));
  }
  return svg;
}

/// `windows`: by recipient, when the first retry is to come, in seconds after the first try.
export function show_tries(where, tries, now_us, windows) {
  const groups = new Map();
  for (const one of tries) {
    const key = key_of(one);
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(one);
  }
  where.replaceChildren();
  if (!groups.size) {
    const none = document.createElement("p");
    none.className = "soft";
    none.textContent = "There are no tries yet.";
    where.append(none);
  }
  for (const list of [...groups.values()].slice(-20)) {
    const track = document.createElement("div");
    track.className = "track";
    const name = document.createElement("b");
    name.textContent = list[0].recipient ?? "no recipient was named";
    const last = list[list.length - 1];
    const from = list[0].sender ? ` from ${list[0].sender}:` : "";
    track.append(name, `${from} ${list.length} ${list.length === 1 ? "try" : "tries"}; the last: ${last.reply ?? last.result}`);
    track.append(picture(list, now_us / 1e6, windows.get(list[0].recipient)));
    where.append(track);
  }
}
