// Block Kit blocks as DOM nodes. https://docs.slack.dev/reference/block-kit/blocks

import { control } from "./controls.js";
import { el } from "./dom.js";
import { richText } from "./richtext.js";
import { plainText, textObject } from "./words.js";

const BLOCKS = {
  header: (block) => el("h4", { class: "block-header", dir: "auto" }, plainText(block.text)),
  section,
  context,
  divider: () => el("hr", { class: "block-divider" }),
  actions,
  input,
  rich_text: (block, { reader }) => el("div", { class: "block-rich" }, richText(block, reader)),
  table,
  image: (block) =>
    el("figure", { class: "block-image" }, picture(block), block.title && el("figcaption", {}, plainText(block.title))),
  markdown: (block) => el("pre", { class: "pre block-markdown", dir: "auto" }, block.text),
};

/** The node of one block. `setting` is `{reader, act}`; see controls.js. A block this page cannot show says so. */
export function block(spec, setting) {
  const build = BLOCKS[spec.type] ?? unsupported;
  const node = build(spec, { ...setting, blockId: spec.block_id ?? "" });
  node.classList.add("block");
  return node;
}

function unsupported(spec) {
  return el("p", { class: "unsupported" }, `Unsupported block: ${spec.type}`);
}

function section(spec, place) {
  const { reader } = place;
  const words = spec.text && el("div", { class: "block-text", dir: "auto" }, textObject(spec.text, reader));
  const fields = spec.fields?.map((field) =>
    el("div", { class: "block-field", dir: "auto" }, textObject(field, reader)),
  );
  const main = el("div", { class: "block-main" }, words, fields && el("div", { class: "block-fields" }, fields));
  return el(
    "div",
    { class: "block-section" },
    main,
    spec.accessory && el("div", { class: "block-accessory" }, accessory(spec.accessory, place)),
  );
}

function accessory(spec, place) {
  return spec.type === "image" ? picture(spec) : control(spec, place);
}

function context(spec, { reader }) {
  const part = (each) =>
    each.type === "image" ? picture(each) : el("span", { dir: "auto" }, textObject(each, reader));
  return el("div", { class: "block-context" }, spec.elements.map(part));
}

function actions(spec, place) {
  return el(
    "div",
    { class: "block-actions" },
    spec.elements.map((each) => control(each, place)),
  );
}

let inputs = 0;

/** An input block: label, control, hint and a place for an error. Checks on it read its `data-` attributes. */
function input(spec, place) {
  inputs += 1;
  const id = `input-${inputs}`;
  const node = control(spec.element, { ...place, input: true, act: spec.dispatch_action ? place.act : null });
  const grouped = node.classList.contains("choices");
  const hint = spec.hint && el("p", { class: "input-hint", id: `${id}-hint` }, plainText(spec.hint));
  node.setAttribute("aria-describedby", hint ? `${id}-error ${id}-hint` : `${id}-error`);
  if (grouped) node.setAttribute("aria-labelledby", `${id}-label`);
  else node.id = id;
  const words = [plainText(spec.label), spec.optional && el("span", { class: "optional" }, " (optional)")];
  return el(
    "div",
    { class: "block-input", data: { inputBlock: spec.block_id } },
    el(grouped ? "span" : "label", { class: "input-label", id: `${id}-label`, for: grouped ? undefined : id }, words),
    node,
    el("p", { class: "input-error", id: `${id}-error`, "aria-live": "polite", hidden: true }),
    hint,
  );
}

/** Nothing is loaded from elsewhere: a picture is shown as its description in a frame. */
function picture(spec) {
  return el("span", { class: "picture", role: "img", "aria-label": spec.alt_text }, `🖼 ${spec.alt_text ?? "Picture"}`);
}

function table(spec, { reader }) {
  const [head = [], ...rows] = spec.rows ?? [];
  const aligned = (index) => `align-${spec.column_settings?.[index]?.align ?? "left"}`;
  const cell = (tag, each, index) =>
    el(tag, { class: aligned(index), scope: tag === "th" && "col", dir: "auto" }, cellText(each, reader));
  const row = (tag) => (cells) =>
    el(
      "tr",
      {},
      cells.map((each, index) => cell(tag, each, index)),
    );
  return el(
    "div",
    { class: "table-scroller", tabindex: "0", role: "region", "aria-label": "Table" },
    el("table", { class: "table" }, el("thead", {}, row("th")(head)), el("tbody", {}, rows.map(row("td")))),
  );
}

function cellText(cell, reader) {
  return cell.type === "rich_text" ? richText(cell, reader) : [String(cell.text ?? "")];
}
