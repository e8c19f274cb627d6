// Draws messages. All text goes in as text nodes; links are opened only when they are http or https.

import {flexible} from "./flex.js";

const TIME = new Intl.DateTimeFormat("ja-JP", {timeZone: "Asia/Tokyo", hour: "2-digit", minute: "2-digit"});
const DAY = new Intl.DateTimeFormat("ja-JP", {timeZone: "Asia/Tokyo", month: "long", day: "numeric", weekday: "short"});
const APP_HOSTS = ["line.worksmobile.com", "naver.worksmobile.com"];
const SVG = "http://www.w3.org/2000/svg";

export const clock = (at) => TIME.format(new Date(at));
export const day = (at) => DAY.format(new Date(at));

export function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/** A text of the object in the member's language, else the untranslated one. */
export function pick(object, field, language) {
  const translations = object[`i18n${field[0].toUpperCase()}${field.slice(1)}s`] ?? [];
  return translations.find((entry) => entry.language === language)?.[field] ?? object[field] ?? "";
}

export function face(name, small = true) {
  const index = [...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % 5;
  const made = element("div", `avatar c${index}${small ? " small" : ""}`, [...name][0] ?? "?");
  made.setAttribute("aria-hidden", "true");
  return made;
}

export function botFace() {
  const made = element("div", "avatar small");
  const image = element("img");
  image.src = "/static/bot.svg";
  image.alt = "";
  made.append(image);
  return made;
}

/** Where a link leads here: App Links to the stand-in's own talk, http and https as they are, nothing else. */
export function destination(uri, me) {
  if (!/^https?:\/\//i.test(uri) || !URL.canParse(uri)) return null;
  const url = new URL(uri);
  const own = url.port === location.port && url.pathname.startsWith("/lineworks/app");
  if (!own && !APP_HOSTS.includes(url.hostname)) return {href: uri, inside: false};
  const inside = new URL(own ? url.pathname : `/lineworks/app${url.pathname}`, location.origin);
  inside.search = url.search;
  inside.searchParams.set("from", me);
  return {href: inside.href, inside: true};
}

/** Draws the messages of one talk for one member; `onTap(messageId, path)` reports taps that the bot hears of. */
export class Painter {
  constructor({me, language, onTap, say}) {
    this.me = me;
    this.language = language;
    this.onTap = onTap;
    this.say = say;
  }

  /** The list item of a message; `first` starts a run of messages of the same side. */
  message(message, {first, name}) {
    const item = element("li", `message ${message.from}${first ? " first" : ""}`);
    item.dataset.id = message.id;
    if (message.from !== "me") {
      if (first) {
        item.append(message.from === "bot" ? botFace() : face(name), element("div", "name", name));
      }
    }
    const line = element("div", "line");
    const body = this.content(message);
    const time = element("time", "", clock(message.at));
    time.dateTime = message.at;
    if (body.classList.contains("strip")) {
      item.append(body);
      line.append(time);
    } else {
      line.append(body, time);
    }
    item.append(line);
    return item;
  }

  content(message) {
    const content = message.content;
    const draw = {
      text: () => this.text(content),
      link: () => this.link(content),
      button_template: () => this.buttons(content, message.id),
      list_template: () => this.list(content, message.id),
      carousel: () => this.carousel(content, message.id),
      image_carousel: () => this.images(content, message.id),
      flex: () => this.flex(content, message.id),
      image: () => this.picture(content),
      sticker: () => this.sticker(),
      location: () => this.place(content),
    }[content.type];
    return draw ? draw() : this.attachment(content);
  }

  attachment(content) {
    const bubble = element("div", "bubble attachment");
    bubble.append(drawing("file"), {file: "ファイル", audio: "音声", video: "動画"}[content.type] ?? content.type);
    return bubble;
  }

  sticker() {
    const bubble = element("div", "bubble sticker");
    bubble.append(drawing("sticker", "スタンプ"));
    return bubble;
  }

  pick(object, field) {
    return pick(object, field, this.language);
  }

  text(content) {
    const bubble = element("div", "bubble");
    this.linked(bubble, this.pick(content, "text"));
    return bubble;
  }

  /** Text with its addresses made tappable. */
  linked(parent, text) {
    for (const piece of text.split(/(https?:\/\/[^\s<>"「」、。)）]+)/)) {
      const goal = /^https?:\/\//.test(piece) ? destination(piece, this.me) : null;
      parent.append(goal ? this.anchor(goal, "", piece) : piece);
    }
  }

  anchor(goal, className, label) {
    const link = element("a", className, label);
    link.href = goal.href;
    if (!goal.inside) {
      link.target = "_blank";
      link.rel = "noopener";
    }
    return link;
  }

  link(content) {
    const card = element("div", "card");
    card.append(this.words("", this.pick(content, "contentText")));
    const taps = element("div", "taps");
    taps.append(this.action({type: "uri", label: this.pick(content, "linkText"), uri: content.link}, "", "tap"));
    card.append(taps);
    return card;
  }

  words(title, text, clamp = "") {
    const words = element("div", "words");
    if (title) words.append(element("b", "", title));
    const body = element("div", clamp);
    this.linked(body, text);
    words.append(body);
    return words;
  }

  buttons(content, id) {
    const card = element("div", "card");
    card.append(this.words("", this.pick(content, "contentText")), this.taps(content.actions, id, "actions"));
    return card;
  }

  taps(actions, id, path) {
    const taps = element("div", "taps");
    actions.forEach((action, index) => taps.append(this.action(action, `${path}/${index}`, "tap", id)));
    return taps;
  }

  carousel(content, id) {
    const strip = this.strip();
    content.columns.forEach((column, index) => {
      const card = element("div", "card");
      const pictured = Boolean(column.originalContentUrl || column.fileId);
      if (pictured) {
        const shape = content.imageAspectRatio === "square" ? " square" : "";
        const photo = element("div", `photo${shape}${content.imageSize === "contain" ? " contain" : ""}`);
        this.photo(photo, column.originalContentUrl, column.fileId);
        card.append(photo);
      }
      const title = this.pick(column, "title");
      const words = this.words(title, this.pick(column, "text"), title || pictured ? "clamp two" : "clamp");
      const path = `columns/${index}`;
      if (column.defaultAction) this.tappable(words, column.defaultAction, `${path}/defaultAction`, id);
      card.append(words, this.taps(column.actions, id, `${path}/actions`));
      strip.append(card);
    });
    return strip;
  }

  images(content, id) {
    const strip = this.strip();
    content.columns.forEach((column, index) => {
      const tap = column.action
        ? this.action(column.action, `columns/${index}/action`, "image-tap", id)
        : element("div", "image-tap");
      const photo = element("div", "photo");
      this.photo(photo, column.originalContentUrl, column.fileId);
      const caption = tap.textContent;
      tap.replaceChildren(photo);
      if (caption) tap.append(element("span", "caption", caption));
      strip.append(tap);
    });
    return strip;
  }

  strip() {
    const strip = element("div", "strip");
    strip.tabIndex = 0;
    strip.setAttribute("role", "group");
    strip.setAttribute("aria-label", "横にスクロールできます");
    return strip;
  }

  list(content, id) {
    const card = element("div", "card");
    const cover = content.coverData;
    if (cover) {
      const head = element("div", "cover");
      if (cover.backgroundImageUrl || cover.backgroundFileId) this.photo(head, cover.backgroundImageUrl, cover.backgroundFileId);
      const words = element("div", "", "");
      words.append(element("b", "", this.pick(cover, "title")), this.pick(cover, "subtitle"));
      head.append(words);
      card.append(head);
    }
    content.elements.forEach((entry, index) => {
      const row = entry.action
        ? this.action(entry.action, `elements/${index}/action`, "entry", id)
        : element("div", "entry");
      const words = element("span");
      words.append(element("b", "", this.pick(entry, "title")));
      if (entry.subtitle) words.append(element("small", "", this.pick(entry, "subtitle")));
      row.replaceChildren(words);
      if (entry.originalContentUrl || entry.fileId) {
        const photo = element("div", "photo");
        this.photo(photo, entry.originalContentUrl, entry.fileId);
        row.append(photo);
      }
      if (entry.action) row.append(element("i"));
      card.append(row);
    });
    if (content.actions?.length) {
      const grid = element("div", "grid");
      content.actions.forEach((row, index) => row.forEach((action, column) => {
        const alone = row.length === 1 ? " alone" : "";
        grid.append(this.action(action, `actions/${index}/${column}`, `tap${alone}`, id));
      }));
      card.append(grid);
    }
    return card;
  }

  flex(content, id) {
    const drawn = flexible(content.contents, "contents", {
      element,
      pick: (object, field) => this.pick(object, field),
      photo: (holder, url) => this.photo(holder, url),
      action: (action, path, className) => this.action(action, path, className, id),
      tappable: (holder, action, path) => this.tappable(holder, action, path, id),
    });
    drawn.setAttribute("aria-label", this.pick(content, "altText"));
    drawn.setAttribute("role", "group");
    return drawn;
  }

  picture(content) {
    const bubble = element("div", "bubble picture");
    this.photo(bubble, content.previewImageUrl, content.fileId);
    return bubble;
  }

  place(content) {
    const bubble = element("div", "bubble place");
    bubble.append(drawing("pin"), element("b", "", content.title ?? "位置情報"), element("small", "", content.address));
    return bubble;
  }

  /** A picture by address or file id; one that does not load leaves a word in its place. */
  photo(holder, url, fileId) {
    const image = element("img");
    image.alt = "";
    image.loading = "lazy";
    image.referrerPolicy = "no-referrer";
    image.addEventListener("error", () => image.replaceWith("画像"), {once: true});
    image.src = url ?? `/lineworks/talk/files/${encodeURIComponent(fileId)}`;
    holder.append(image);
  }

  /** A button or link for an action. */
  action(action, path, className, id) {
    const label = this.pick(action, "label");
    if (action.type === "uri") {
      const goal = destination(action.uri, this.me);
      if (goal) {
        const link = this.anchor(goal, className, label);
        if (!goal.inside && className === "tap") link.append(arrow());
        return link;
      }
    }
    const button = element("button", className, label);
    button.type = "button";
    button.addEventListener("click", () => this.perform(action, path, id));
    return button;
  }

  /** Makes any element tappable, for cards and boxes that carry an action of their own. */
  tappable(holder, action, path, id) {
    holder.classList.add("tappable");
    holder.tabIndex = 0;
    holder.setAttribute("role", action.type === "uri" ? "link" : "button");
    const act = (event) => {
      if (event.target.closest("a, button")) return;
      event.stopPropagation();
      this.perform(action, path, id);
    };
    holder.addEventListener("click", act);
    holder.addEventListener("keydown", (event) => event.key === "Enter" && act(event));
  }

  perform(action, path, id) {
    if (action.type === "uri") {
      const goal = destination(action.uri, this.me);
      if (!goal) this.say("このリンクはここでは開けません");
      else if (goal.inside) location.assign(goal.href);
      else window.open(goal.href, "_blank", "noopener");
    } else if (action.type === "copy") {
      navigator.clipboard.writeText(action.copyText).then(
        () => this.say("コピーしました"),
        () => this.say("コピーできませんでした"),
      );
    } else {
      this.onTap(id, path);
    }
  }
}

function drawing(name, words = "") {
  const image = element("img", "drawing");
  image.src = `/static/${name}.svg`;
  image.alt = words;
  return image;
}

function arrow() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", "M6 3H3.5A1.5 1.5 0 0 0 2 4.5v8A1.5 1.5 0 0 0 3.5 14h8a1.5 1.5 0 0 0 1.5-1.5V10M9 2h5v5M14 2 7.5 8.5");
  for (const [name, value] of [["fill", "none"], ["stroke", "currentColor"], ["stroke-width", "1.6"], ["stroke-linecap", "round"], ["stroke-linejoin", "round"]]) {
    path.setAttribute(name, value);
  }
  svg.append(path);
  return svg;
}
