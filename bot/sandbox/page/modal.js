// A modal of the app: a form whose inputs survive every update, checked as Slack checks it before it is submitted.

import { block } from "./blocks.js";
import { complaints } from "./check.js";
import { byId, el, fill, keepFocus, patch } from "./dom.js";
import { carryValues, restoreValues, valuesBelow } from "./values.js";
import { plainText } from "./words.js";

/** The modal. `send(event, values)` tells the server that a view was submitted or closed, and answers `{ok, error?}`. */
export function modal({ send }) {
  const dialog = byId("modal");
  let view = null;
  const close = async () => {
    const answer = view && (await send(view, "close", valuesBelow(dialog)));
    if (answer && !answer.ok) showNotice(dialog, answer.error);
  };
  const submit = async () => {
    const found = complaints(view.blocks, valuesBelow(dialog));
    showErrors(dialog, found);
    if (Object.keys(found).length) return focusFirstError(dialog);
    setBusy(dialog, true);
    const answer = await send(view, "submit", valuesBelow(dialog));
    if (!answer.ok) showNotice(dialog, answer.error);
    if (!answer.ok) setBusy(dialog, false);
  };
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    void close();
  });
  dialog.addEventListener("keydown", (event) => keepInside(event, dialog));
  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isBusy(dialog)) void submit();
  });
  return {
    show(next, desk) {
      const opened = next && next.id !== view?.id;
      view = next;
      if (!next) return dialog.open && dialog.close();
      if (opened) fill(dialog, frame(next, close));
      draw(dialog, next, desk);
      if (opened) restoreValues(dialog, next.state);
      if (!dialog.open) dialog.showModal();
      if (opened) focusFirst(dialog);
    },
  };
}

function frame(view, close) {
  const shut = (words, testid, style) =>
    el("button", { type: "button", class: style, data: { testid }, onclick: close }, words);
  return el(
    "form",
    { class: "modal-form", method: "dialog", novalidate: true },
    el(
      "header",
      { class: "modal-head" },
      el("h2", { class: "modal-title", id: "modal-title" }),
      el("button", { type: "button", class: "modal-x", "aria-label": "Close", onclick: close }, "×"),
    ),
    el("p", { class: "modal-notice", role: "alert", hidden: true }),
    el("div", { class: "modal-body" }),
    el(
      "footer",
      { class: "modal-foot" },
      shut(plainText(view.close) || "Close", "modal-close", "button"),
      el("button", { type: "submit", class: "button primary", data: { testid: "modal-submit" } }),
    ),
  );
}

function draw(dialog, view, { reader, act }) {
  fill(dialog.querySelector(".modal-title"), plainText(view.title));
  const button = dialog.querySelector("[type=submit]");
  button.hidden = !view.submit;
  fill(button, el("span", { class: "button-words" }, plainText(view.submit)));
  setBusy(dialog, Boolean(view.pending));
  showNotice(dialog, view.notice);
  const items = view.blocks.map((each, index) => ({ key: each.block_id ?? String(index), block: each }));
  const inView = async (event) => {
    const trouble = await act({ ...event, view_id: view.id, values: valuesBelow(dialog) });
    if (trouble) showNotice(dialog, trouble);
  };
  patch(dialog.querySelector(".modal-body"), items, (item) => block(item.block, { reader, act: inView }), carryAll);
  const errors = view.errors ?? {};
  const news = JSON.stringify(errors) !== dialog.dataset.errors;
  dialog.dataset.errors = JSON.stringify(errors);
  if (news) showErrors(dialog, errors);
  if (news && Object.keys(errors).length) focusFirstError(dialog);
}

function carryAll(old, fresh, active) {
  carryValues(old, fresh);
  keepFocus(old, fresh, active);
}

function showErrors(dialog, errors) {
  for (const node of dialog.querySelectorAll("[data-input-block]")) {
    const text = errors[node.dataset.inputBlock];
    const place = node.querySelector(".input-error");
    fill(place, text ?? "");
    place.hidden = !text;
    node.classList.toggle("has-error", Boolean(text));
    node.querySelector("[data-action-id]")?.setAttribute("aria-invalid", String(Boolean(text)));
  }
}

function showNotice(dialog, text) {
  const place = dialog.querySelector(".modal-notice");
  place.hidden = !text;
  fill(place, text ?? "");
}

const isBusy = (dialog) => dialog.querySelector("[type=submit]").getAttribute("aria-busy") === "true";

const setBusy = (dialog, busy) => dialog.querySelector("[type=submit]").setAttribute("aria-busy", String(busy));

const INPUTS = ".modal-body :is(input, select, textarea)";

function focusFirst(dialog) {
  const first = dialog.querySelector('[data-focus="load"]') ?? dialog.querySelector(INPUTS);
  (first ?? dialog.querySelector("[data-testid=modal-close]")).focus();
}

function focusFirstError(dialog) {
  const wrong = dialog.querySelector(".has-error");
  wrong?.querySelector("input, select, textarea")?.focus({ preventScroll: true });
  wrong?.scrollIntoView({ block: "center" });
}

/** Tab goes round inside the dialog instead of out into the browser. */
function keepInside(event, dialog) {
  if (event.key !== "Tab") return;
  const stops = [
    ...dialog.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']"),
  ].filter((node) => !node.disabled && node.offsetParent);
  const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
  if (document.activeElement !== from) return;
  event.preventDefault();
  to.focus();
}
