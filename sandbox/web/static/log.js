// The log of callbacks and calls, newest first: a column of the talk page and a page of its own.

import {element} from "./message.js";

const WAYS = {callback: "→ bot", send: "← bot", call: "← API", token: "← 認証"};
const SECONDS = new Intl.DateTimeFormat("ja-JP", {timeZone: "Asia/Tokyo", hour: "2-digit", minute: "2-digit", second: "2-digit"});
const KEPT = 400;

/** Adds an entry on top of the list; `names` gives a member's name by id. */
export function record(list, entry, names) {
  const item = element("li", `${entry.kind}${entry.failure ? " bad" : ""}`);
  const details = element("details");
  const summary = element("summary");
  summary.append(
    element("span", "way", WAYS[entry.kind]),
    element("span", "what", entry.what),
    element("span", "code", entry.status === null ? "–" : String(entry.status)),
    element("span", "ms", entry.status === null ? "" : `${Math.round(entry.ms)} ms`),
  );
  if (entry.failure) summary.append(element("span", "failure", entry.failure));
  const more = [SECONDS.format(new Date(entry.at)), names.get(entry.user_id), entry.note].filter(Boolean);
  summary.append(element("span", "more", more.join(" · ")));
  details.append(summary);
  if (entry.body) {
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) details.append(element("pre", "", pretty(entry.body)));
    });
  }
  item.append(details);
  list.prepend(item);
  if (list.childElementCount > KEPT) list.lastElementChild.remove();
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

/** The page of its own: every entry, and how many callbacks went wrong. */
function page(list, verdict) {
  const names = new Map();
  let failures = 0;
  const events = new EventSource("/lineworks/talk/api/events");
  events.addEventListener("people", (event) => {
    for (const person of JSON.parse(event.data).people) names.set(person.user_id, person.name);
  });
  events.addEventListener("log", (event) => {
    const entry = JSON.parse(event.data);
    record(list, entry, names);
    failures += entry.kind === "callback" && entry.failure ? 1 : 0;
    verdict.textContent = failures ? `失敗したコールバックが ${failures} 件あります。` : "すべてのコールバックに 200 が返っています。";
    verdict.classList.toggle("bad", failures > 0);
  });
}

const verdict = document.getElementById("verdict");
if (verdict) page(document.getElementById("log"), verdict);
