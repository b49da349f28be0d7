// Interactive Block Kit elements. https://docs.slack.dev/reference/block-kit/block-elements
//
// `place` says where a control stands: `{blockId, reader, act, input}`. `act(event)` tells the server at once; in an input
// block (`input` true) a control only keeps its value, unless the block asks for both.

import { confirmed } from "./confirm.js";
import { el } from "./dom.js";
import { nameOf } from "./faces.js";
import { valueOf } from "./values.js";
import { plainText, textObject } from "./words.js";

const CONTROLS = {
  button,
  overflow,
  static_select: select,
  users_select: people,
  multi_static_select: (spec, place) => choices(spec, place, "checkbox"),
  radio_buttons: (spec, place) => choices(spec, place, "radio"),
  checkboxes: (spec, place) => choices(spec, place, "checkbox"),
  datepicker: (spec, place) => picker(spec, place, "date", spec.initial_date),
  timepicker: (spec, place) => picker(spec, place, "time", spec.initial_time),
  plain_text_input: text,
  number_input: (spec, place) => typed(spec, place, { inputmode: "decimal", min: spec.min_value, max: spec.max_value }),
  email_text_input: (spec, place) => typed(spec, place, { type: "email", autocomplete: "off" }),
  url_text_input: (spec, place) => typed(spec, place, { type: "url", autocomplete: "off" }),
};

/** The node of one element, or a visible note that this page cannot show it. */
export function control(spec, place) {
  const build = CONTROLS[spec.type];
  return build ? build(spec, place) : el("span", { class: "unsupported" }, `Unsupported element: ${spec.type}`);
}

function hooks(spec, place, holds, begins) {
  const data = { actionId: spec.action_id, blockId: place.blockId };
  return holds ? { ...data, holds, begins: JSON.stringify(begins ?? null) } : data;
}

/** Tell the server, after the confirmation the element asks for; the control is busy until the app acknowledged. */
async function tell(spec, place, node, detail) {
  if (!place.act || (spec.confirm && !(await confirmed(spec.confirm, place.reader)))) return;
  node.setAttribute("aria-busy", "true");
  await place.act({ block_id: place.blockId, action_id: spec.action_id, ...detail });
  node.removeAttribute("aria-busy");
}

function button(spec, place) {
  const press = (event) => {
    if (event.currentTarget.getAttribute("aria-busy") === "true") return;
    void tell(spec, place, event.currentTarget, { value: spec.value });
  };
  return el(
    spec.url ? "a" : "button",
    {
      type: spec.url ? undefined : "button",
      class: `button ${spec.style ?? ""}`.trim(),
      data: hooks(spec, place),
      onclick: press,
      "aria-label": spec.accessibility_label,
      ...(spec.url && { href: spec.url, target: "_blank", rel: "noopener noreferrer" }),
    },
    el("span", { class: "button-words" }, plainText(spec.text)),
  );
}

function select(spec, place) {
  const initial = spec.initial_option?.value ?? "";
  const options = spec.options ?? [];
  const groups = spec.option_groups ?? [];
  const node = el(
    "select",
    {
      class: "select",
      data: hooks(spec, place, "one", initial),
      "aria-label": place.input ? undefined : plainText(spec.placeholder) || "Choose",
      onchange: () => void tell(spec, place, node, { selected: node.value }),
    },
    el("option", { value: "" }, plainText(spec.placeholder) || "Select an option"),
    options.map(option),
    groups.map((group) => el("optgroup", { label: plainText(group.label) }, group.options.map(option))),
  );
  node.value = initial;
  return node;
}

function people(spec, place) {
  const everybody = [...place.reader.people.values()].filter((person) => !person.is_bot);
  const options = everybody.map((person) => ({ value: person.id, text: nameOf(person) }));
  return select({ ...spec, options, initial_option: { value: spec.initial_user ?? "" } }, place);
}

const option = ({ value, text: words }) => el("option", { value }, plainText(words));

function overflow(spec, place) {
  const items = (spec.options ?? []).map(({ value, text: words, url }) => ({
    value,
    words: plainText(words),
    title: url,
  }));
  const node = moreActions(items, (value) => void tell(spec, place, node, { selected: value }));
  Object.assign(node.dataset, hooks(spec, place));
  return node;
}

/** A menu under three dots. `items` are `{value, words, title}`; `choose(value)` hears of a choice. */
export function moreActions(items, choose) {
  const node = el("details", { class: "overflow" });
  const take = (value) => {
    node.open = false;
    choose(value);
  };
  const item = ({ value, words, title }) =>
    el(
      "button",
      { type: "button", class: "overflow-item", data: { value }, onclick: () => take(value), title },
      words,
    );
  const menu = el("div", { class: "overflow-menu" }, items.map(item));
  node.append(el("summary", { class: "button overflow-open", "aria-label": "More actions" }, "⋯"), menu);
  node.addEventListener("toggle", () => openWhereRoomIs(node, menu));
  node.addEventListener("focusout", (event) => {
    if (!node.contains(event.relatedTarget)) node.open = false;
  });
  node.addEventListener("keydown", (event) => closeOnEscape(event, node));
  return node;
}

function openWhereRoomIs(node, menu) {
  menu.classList.remove("above");
  const frame = node.closest(".scroller, .thread-scroller, .modal-body");
  const bottom = frame?.getBoundingClientRect().bottom ?? window.innerHeight;
  menu.classList.toggle("above", node.open && menu.getBoundingClientRect().bottom > bottom);
}

function closeOnEscape(event, node) {
  if (event.key !== "Escape" || !node.open) return;
  event.preventDefault();
  event.stopPropagation();
  node.open = false;
  node.querySelector("summary").focus();
}

let groups = 0;

function choices(spec, place, kind) {
  groups += 1;
  const initial = (spec.initial_options ?? [spec.initial_option]).filter(Boolean).map(({ value }) => value);
  const name = `choice-${groups}`;
  const node = el("div", {
    class: "choices",
    role: kind === "radio" ? "radiogroup" : "group",
    data: hooks(spec, place, kind, initial),
    onchange: () => void tell(spec, place, node, { selected: valueOf(node) }),
  });
  node.append(...(spec.options ?? []).map((each) => choice(each, kind, name, initial, place)));
  return node;
}

function choice({ value, text: words, description }, type, name, initial, place) {
  return el(
    "label",
    { class: "choice" },
    el("input", { type, name, value, checked: initial.includes(value) }),
    el(
      "span",
      { class: "choice-words" },
      textObject(words, place.reader),
      description && el("small", {}, textObject(description, place.reader)),
    ),
  );
}

function picker(spec, place, type, initial) {
  const node = el("input", {
    type,
    class: "field picker",
    value: initial,
    data: hooks(spec, place, "one", initial),
    "aria-label": place.input ? undefined : plainText(spec.placeholder) || `Choose a ${type}`,
    onchange: () => void tell(spec, place, node, { selected: node.value || null }),
  });
  return node;
}

function text(spec, place) {
  if (!spec.multiline) return typed(spec, place, { maxlength: spec.max_length });
  const node = el("textarea", { ...common(spec, place), rows: 4, maxlength: spec.max_length });
  node.value = spec.initial_value ?? "";
  return node;
}

function typed(spec, place, extra) {
  return el("input", { type: "text", ...common(spec, place), value: spec.initial_value, ...extra });
}

function common(spec, place) {
  return {
    class: "field",
    dir: "auto",
    data: { ...hooks(spec, place, "one", spec.initial_value), focus: spec.focus_on_load ? "load" : undefined },
    placeholder: plainText(spec.placeholder) || undefined,
  };
}
