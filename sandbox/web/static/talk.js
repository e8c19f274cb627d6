// The talk page: follows the stand-in's event stream and sends what the member types and taps.

import {Painter, clock, day, element, face} from "./message.js";
import {record} from "./log.js";

const API = "/lineworks/talk/api";
const {me, peer, peerName, language, botName} = document.body.dataset;
const at = (id) => document.getElementById(id);
const names = new Map();
let opened = true;

async function post(path, values = {}) {
  try {
    const answer = await fetch(`${API}/${path}`, {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(values),
    });
    const result = await answer.json();
    if (!answer.ok) toast(result.error);
    return answer.ok ? result : null;
  } catch {
    toast("送信できませんでした。sandbox が動いているか確認してください。");
    return null;
  }
}

let toastEnds;
function toast(text) {
  const box = at("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastEnds);
  toastEnds = setTimeout(() => { box.hidden = true; }, 2600);
}

// --- the list of people -------------------------------------------------------------------------

function showPeople(overview) {
  const rows = [];
  let unread = 0;
  for (const person of overview.people) {
    names.set(person.user_id, person.name);
    const here = person.user_id === me;
    rows.push(row(person.name, person.talk, `/lineworks/talk/${person.user_id}`, here && !peer, person.login_id));
    for (const other of person.peers) {
      const href = `/lineworks/talk/${person.user_id}/with/${other.user_id}`;
      const item = row(`${other.name}さんとのトーク`, other.talk, href, here && other.user_id === peer, "", other.name);
      item.className = "peer";
      rows.push(item);
    }
    if (here) {
      unread = person.talk.unread;
      if (!peer) showRoom(person.talk, overview.bot.menu);
    }
  }
  at("people").replaceChildren(...rows);
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (unread && document.hidden) document.title = `(${unread}) ${document.title}`;
}

function row(name, talk, href, current, fallback, faceName = name) {
  const item = element("li");
  const link = element("a", "row");
  link.href = href;
  if (current) link.setAttribute("aria-current", "page");
  const who = element("div", "who");
  who.append(element("b", "", name), element("span", "", talk.last || fallback));
  const when = element("div", "when");
  if (talk.at) when.append(element("span", "", sameDay(talk.at) ? clock(talk.at) : day(talk.at)));
  if (talk.unread && !current) {
    const badge = element("span", "badge", talk.unread > 99 ? "99+" : String(talk.unread));
    badge.setAttribute("aria-label", `未読 ${talk.unread} 件`);
    when.append(badge);
  }
  link.append(face(faceName, false), who, when);
  item.append(link);
  return item;
}

function sameDay(moment) {
  return day(moment) === day(Date.now());
}

// --- the talk -----------------------------------------------------------------------------------

const painter = new Painter({me, language, say: toast, onTap: (message, path) => post(`${me}/tap`, {message, path})});
const KEEP = 150;
const all = [];
let drawnFrom = 0;
let arrived = [];

function showMessage(message) {
  arrived.push(message);
  if (arrived.length === 1) setTimeout(paint, 16);
}

/** Draws everything that arrived in the last moment in one go. */
function paint() {
  const mine = arrived.some((message) => message.from === "me");
  const follows = mine || at("scroll").scrollTop > -80;
  const next = all.length;
  all.push(...arrived);
  arrived = [];
  if (follows && all.length - next > KEEP) {
    drawnFrom = all.length - KEEP;
    at("messages").replaceChildren(drawn(drawnFrom, all.length));
  } else {
    at("messages").append(drawn(next, all.length));
  }
  if (!peer) {
    showQuickReply();
    showStart();
  }
  if (follows) {
    toBottom();
    forgetOld();
  } else {
    at("newer").hidden = false;
  }
  markRead();
}

/** The messages from one index up to another, with a line where a day begins. */
function drawn(from, to) {
  const batch = document.createDocumentFragment();
  for (let index = from; index < to; index += 1) {
    const message = all[index];
    const before = all[index - 1];
    const newDay = !before || day(before.at) !== day(message.at);
    if (newDay) {
      const line = element("li", "day");
      line.append(element("span", "", day(message.at)));
      batch.append(line);
    }
    const first = newDay || before.from !== message.from;
    batch.append(painter.message(message, {first, name: message.from === "bot" ? botName : peerName ?? ""}));
  }
  return batch;
}

/** Only the newest messages stay drawn; older ones come back when the member scrolls up to them. */
function forgetOld() {
  const list = at("messages");
  while (all.length - drawnFrom > 2 * KEEP) {
    drawnFrom += list.firstElementChild.dataset.id ? 1 : 0;
    list.firstElementChild.remove();
  }
}

function onScroll() {
  const scroll = at("scroll");
  if (scroll.scrollTop > -40) at("newer").hidden = true;
  const above = scroll.scrollHeight - scroll.clientHeight + scroll.scrollTop;
  if (above < 900 && drawnFrom > 0) {
    const from = Math.max(0, drawnFrom - KEEP);
    at("messages").prepend(drawn(from, drawnFrom));
    drawnFrom = from;
  }
}

function toBottom() {
  at("scroll").scrollTop = 0;
  at("newer").hidden = true;
}

function markRead() {
  const from = peer ? `${me}/with/${peer}` : me;
  if (all.length && !document.hidden) post(`${from}/read`, {up_to: all.at(-1).id});
}

/** Quick replies stand below the newest message only and vanish with the next one. */
function showQuickReply() {
  const last = all.at(-1);
  const items = last?.from === "bot" ? last.content.quickReply?.items ?? [] : [];
  at("quick").replaceChildren(...items.map((item, index) => {
    const chip = painter.action(item.action, `quickReply/items/${index}/action`, "tap", last.id);
    if (item.imageUrl) {
      const icon = element("img");
      icon.src = item.imageUrl;
      icon.alt = "";
      chip.prepend(icon);
    }
    return chip;
  }));
  at("quick").hidden = items.length === 0;
}

function showRoom(talk, menu) {
  opened = talk.opened;
  showStart();
  at("open-menu").hidden = !menu;
  if (!menu) at("menu").hidden = true;
  at("menu").replaceChildren(...(menu?.actions ?? []).map(
    (action, index) => painter.action(action, `actions/${index}`, "tap", null),
  ));
}

function showStart() {
  at("start").hidden = opened && all.length > 0;
}

// --- what the member does -----------------------------------------------------------------------

function prepareBox() {
  const box = at("box");
  const text = at("text");
  const send = box.querySelector(".say");
  const fit = () => {
    send.disabled = !text.value.trim();
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + 2}px`;
  };
  text.addEventListener("input", fit);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      box.requestSubmit();
    }
  });
  if (matchMedia("(min-width: 760px)").matches) text.focus();
  box.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = text.value;
    if (!words.trim()) return;
    text.value = "";
    fit();
    const said = await post(peer ? `${me}/with/${peer}/say` : `${me}/say`, {text: words});
    if (!said) {
      text.value = words;
      fit();
    }
  });
  fit(); // somebody may have typed before this script was there
}

function prepareRoom() {
  at("start").querySelector("button").addEventListener("click", () => post(`${me}/start`));
  at("leave").addEventListener("click", async () => {
    if (await post(`${me}/leave`)) toast("トークルームを退室しました");
  });
  fold("open-menu", "menu");
  fold("open-attach", "attach");
  for (const button of at("attach").querySelectorAll("button")) {
    button.addEventListener("click", () => post(`${me}/say`, {kind: button.dataset.kind}));
  }
}

function fold(opener, panel) {
  at(opener).addEventListener("click", () => {
    at(panel).hidden = !at(panel).hidden;
    at(opener).setAttribute("aria-expanded", String(!at(panel).hidden));
  });
}

// --- faults -------------------------------------------------------------------------------------

function prepareFaults() {
  const drawer = at("faults");
  const show = (faults) => {
    if (!faults) return;
    const waiting = Object.values(faults.waiting).flat();
    at("waiting").textContent = waiting.length ? `待っている応答: ${waiting.join(", ")}` : "";
    for (const box of at("switches").querySelectorAll("input")) box.checked = faults.on.includes(box.name);
    at("open-faults").classList.toggle("on", waiting.length > 0 || faults.on.length > 0);
  };
  at("open-faults").addEventListener("click", async () => {
    show(await (await fetch(`${API}/faults`)).json());
    drawer.showModal();
  });
  drawer.addEventListener("click", (event) => event.target === drawer && drawer.close());
  at("fault-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    show(await post("faults", {...values, times: Number(values.times), seconds: Number(values.seconds)}));
  });
  at("switches").addEventListener("change", async (event) => {
    show(await post("faults", {switch: event.target.name, on: event.target.checked}));
  });
  at("clear-faults").addEventListener("click", async () => show(await post("faults", {clear: true})));
}

// --- the stream ---------------------------------------------------------------------------------

function follow() {
  const path = me ? `${me}/events` : "events";
  const events = new EventSource(`${API}/${path}${peer ? `?with=${peer}` : ""}`);
  events.addEventListener("people", (event) => showPeople(JSON.parse(event.data)));
  events.addEventListener("log", (event) => record(at("log"), JSON.parse(event.data), names));
  events.addEventListener("message", (event) => showMessage(JSON.parse(event.data)));
}

if (me) {
  if (peer) at("face").replaceWith(face(peerName));
  prepareBox();
  at("newer").addEventListener("click", toBottom);
  at("scroll").addEventListener("scroll", onScroll, {passive: true});
  document.addEventListener("visibilitychange", markRead);
  if (!peer) {
    prepareRoom();
    prepareFaults();
  }
}
follow();
