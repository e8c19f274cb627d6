// Draws flexible templates: bubbles of boxes (LINE WORKS reference 3.5).

const TEXT = {xxs: 11, xs: 12, sm: 14, md: 16, lg: 19, xl: 22, xxl: 27, "3xl": 33, "4xl": 42, "5xl": 56};
const SPACE = {none: 0, xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20};
const IMAGE = {xxs: 40, xs: 60, sm: 80, md: 100, lg: 120, xl: 140, xxl: 160, "3xl": 180, "4xl": 200, "5xl": 220};
const ALONG = {"flex-start": "flex-start", "flex-end": "flex-end", center: "center", "space-between": "space-between",
  "space-around": "space-around", "space-evenly": "space-evenly"};

/** The element for `contents` (bubble or carousel). `make` brings element(), tappable() and photo(). */
export function flexible(contents, path, make) {
  if (contents.type === "bubble") return bubble(contents, path, make);
  const strip = make.element("div", "strip");
  contents.contents.forEach((each, index) => strip.append(bubble(each, `${path}/contents/${index}`, make)));
  return strip;
}

function bubble(contents, path, make) {
  const element = make.element("div", `flex ${contents.size ?? "mega"}`);
  if (contents.direction === "rtl") element.dir = "rtl";
  for (const name of ["header", "hero", "body", "footer"]) {
    if (!contents[name]) continue;
    const block = make.element("div", `block ${name}`);
    const style = contents.styles?.[name] ?? {};
    colour(block, "backgroundColor", style.backgroundColor);
    if (style.separator) block.style.borderTop = "1px solid var(--line)";
    block.append(component(contents[name], `${path}/${name}`, make, {hero: name === "hero"}));
    element.append(block);
  }
  tappable(element, contents, path, make);
  return element;
}

function component(part, path, make, context) {
  const draw = {box, text, button, image, icon, separator, filler, span}[part.type];
  const element = draw ? draw(part, path, make, context) : make.element("span");
  if (part.margin) {
    const side = context.horizontal ? "marginInlineStart" : "marginTop";
    element.style[side] = size(part.margin, SPACE);
  }
  if (context.inBox) element.style.flex = grow(part, context);
  if (part.gravity && context.horizontal) {
    element.style.alignSelf = {top: "flex-start", center: "center", bottom: "flex-end"}[part.gravity] ?? "";
  }
  if (part.type !== "button" && part.type !== "box") tappable(element, part, path, make);
  return element;
}

function grow(part, context) {
  if (part.flex !== undefined) return part.flex > 0 ? `${Number(part.flex)} 1 0` : "none";
  if (part.type === "separator" || part.type === "icon" || part.width) return "none";
  if (part.type === "filler") return "1 1 0";
  return context.horizontal ? "1 1 0" : "none";
}

function box(part, path, make) {
  const element = make.element("div", `fbox ${part.layout}`);
  const horizontal = part.layout !== "vertical";
  element.style.gap = size(part.spacing, SPACE);
  element.style.justifyContent = ALONG[part.justifyContent] ?? "";
  if (part.alignItems) element.style.alignItems = ALONG[part.alignItems] ?? "";
  colour(element, "backgroundColor", part.backgroundColor);
  colour(element, "borderColor", part.borderColor);
  if (part.borderWidth) {
    element.style.borderStyle = "solid";
    element.style.borderWidth = size(part.borderWidth, {light: 0.5, normal: 1, medium: 2, "semi-bold": 3, bold: 4});
  }
  element.style.borderRadius = size(part.cornerRadius, {xs: 2, sm: 4, md: 8, lg: 12, xl: 16, xxl: 20});
  element.style.width = size(part.width, {});
  element.style.height = size(part.height, {});
  for (const [name, side] of [["All", ""], ["Top", "Top"], ["Bottom", "Bottom"], ["Start", "InlineStart"], ["End", "InlineEnd"]]) {
    if (part[`padding${name}`]) element.style[`padding${side}`] = size(part[`padding${name}`], SPACE);
  }
  (part.contents ?? []).forEach((child, index) => {
    element.append(component(child, `${path}/contents/${index}`, make, {inBox: true, horizontal}));
  });
  tappable(element, part, path, make);
  return element;
}

function text(part, path, make) {
  const element = make.element("div", part.wrap ? "ftext wrap" : "ftext");
  letters(element, part);
  element.style.textAlign = {start: "start", end: "end", center: "center"}[part.align] ?? "";
  if (part.maxLines > 0 && part.wrap) {
    element.style.display = "-webkit-box";
    element.style.webkitBoxOrient = "vertical";
    element.style.webkitLineClamp = String(Number(part.maxLines));
  }
  if (part.contents?.length) {
    part.contents.forEach((child) => element.append(span(child, path, make)));
  } else {
    element.textContent = make.pick(part, "text");
  }
  return element;
}

function span(part, path, make) {
  const element = make.element("span", "", part.text ?? "");
  letters(element, part, false);
  return element;
}

function letters(element, part, fallback = true) {
  if (part.size || fallback) element.style.fontSize = size(part.size ?? "md", TEXT);
  if (part.weight === "bold") element.style.fontWeight = "700";
  if (part.style === "italic") element.style.fontStyle = "italic";
  element.style.textDecoration = {underline: "underline", "line-through": "line-through"}[part.decoration] ?? "";
  colour(element, "color", part.color);
}

function button(part, path, make) {
  const element = make.action(part.action, `${path}/action`, `fbutton ${part.style ?? "link"} ${part.height ?? "md"}`);
  colour(element, part.style === "primary" || part.style === "secondary" ? "backgroundColor" : "color", part.color);
  return element;
}

function image(part, path, make, context) {
  const element = make.element("div", part.aspectMode === "cover" ? "fimage cover-mode" : "fimage");
  const full = context.hero || part.size === "full";
  element.style.width = full ? "100%" : size(part.size ?? "md", IMAGE);
  element.style.aspectRatio = /^\d+:\d+$/.test(part.aspectRatio ?? "") ? part.aspectRatio.replace(":", " / ") : "1";
  colour(element, "backgroundColor", part.backgroundColor);
  make.photo(element, part.url);
  return element;
}

function icon(part, path, make) {
  const element = make.element("img", "ficon");
  element.src = part.url;
  element.alt = "";
  element.style.height = size(part.size ?? "md", TEXT);
  return element;
}

function separator(part, path, make) {
  const element = make.element("hr", "fline");
  colour(element, "borderColor", part.color);
  return element;
}

function filler(part, path, make) {
  return make.element("span");
}

function tappable(element, part, path, make) {
  if (part.action) make.tappable(element, part.action, `${path}/action`);
}

function size(value, names) {
  if (value === undefined || value === null) return "";
  if (value in names) return `${names[value]}px`;
  return /^\d+(\.\d+)?(px|%)$/.test(value) ? value : "";
}

function colour(element, property, value) {
  if (/^#([0-9a-f]{6}|[0-9a-f]{8})$/i.test(value ?? "")) element.style[property] = value;
}
