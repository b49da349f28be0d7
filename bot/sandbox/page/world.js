// "The world": what mailbox, ledger and records received, and the clock that can be moved.

import { byId, el, patch } from "./dom.js";

const NARROW = 26; // characters a cell may have for its rows to stand as a table
const COLUMNS = 4; // columns that fit beside the channel

const known = new Map(); // panel name -> the rows already seen

/** Show every panel. Says whether a row appeared since the last time. */
export function showWorld(panels) {
  const items = panels.map((panel) => ({ key: panel.name, ...panel }));
  const fresh = new Map(panels.map((panel) => [panel.name, newRows(panel)]));
  patch(byId("panels"), items, (panel) => panelNode(panel, fresh.get(panel.name)), keepOpen);
  const changed = [...fresh.values()].some((rows) => rows.size > 0);
  if (changed) byId("panels").querySelector(".is-new")?.scrollIntoView({ block: "nearest" });
  return changed;
}

/** The sandbox's clock; `advance(seconds)` moves it. */
export function showClock(clock, advance) {
  const node = byId("clock");
  const item = {
    key: "clock",
    minute: clock.now.slice(0, 16),
    ahead: clock.offset_seconds,
    movable: clock.can_advance,
  };
  patch(node, [item], () => clockNode(clock, advance), refocus);
}

function newRows(panel) {
  const rows = new Set(panel.rows.map((row) => JSON.stringify(row)));
  const before = known.get(panel.name);
  known.set(panel.name, rows);
  return before ? new Set([...rows].filter((row) => !before.has(row))) : new Set();
}

function panelNode(panel, fresh) {
  const table = panel.columns.length <= COLUMNS && panel.rows.flat().every((cell) => words(cell).length <= NARROW);
  const mark = (row) => (fresh.has(JSON.stringify(row)) ? "is-new" : "");
  const content = panel.rows.length
    ? table
      ? tableNode(panel, mark)
      : cardNodes(panel, mark)
    : el("p", { class: "panel-empty" }, panel.empty);
  return el(
    "section",
    { class: "panel", data: { testid: `panel-${panel.name}` }, "aria-label": panel.title },
    el(
      "header",
      { class: "panel-head" },
      el("h3", { class: "panel-title" }, panel.title),
      panel.rows.length > 0 && el("span", { class: "count" }, String(panel.rows.length)),
      panel.note && el("span", { class: "panel-note" }, panel.note),
    ),
    content,
  );
}

function tableNode({ title, columns, rows }, mark) {
  const head = el(
    "tr",
    {},
    columns.map((name) => el("th", { scope: "col" }, name)),
  );
  const row = (cells) =>
    el(
      "tr",
      { class: mark(cells) },
      cells.map((cell) => el("td", { dir: "auto" }, words(cell))),
    );
  return el(
    "div",
    { class: "table-scroller", tabindex: "0", role: "region", "aria-label": title },
    el("table", { class: "table" }, el("thead", {}, head), el("tbody", {}, rows.map(row))),
  );
}

function cardNodes({ columns, rows }, mark) {
  const pair = (cell, index) => [el("dt", {}, columns[index]), el("dd", { dir: "auto" }, words(cell) || "–")];
  const pairs = (row) => el("dl", {}, row.map(pair));
  const card = (row) =>
    el(
      "li",
      { class: `record ${mark(row)}` },
      columns.length > COLUMNS ? folded(row, pairs(row), mark(row)) : pairs(row),
    );
  return el("ul", { class: "records" }, rows.map(card));
}

/** A wide record folds under its first two cells, an id and a name; it stands open when it is new or has changed. */
function folded([id, name], content, open) {
  return el(
    "details",
    { open: Boolean(open), data: { record: id } },
    el("summary", {}, el("b", {}, words(name)), el("small", {}, words(id))),
    content,
  );
}

/** What a person unfolded stays unfolded. */
function keepOpen(old, fresh) {
  const open = new Set([...old.querySelectorAll("details[open]")].map((node) => node.dataset.record));
  for (const node of fresh.querySelectorAll("details")) node.open ||= open.has(node.dataset.record);
}

const words = (cell) => (cell === null || cell === undefined ? "" : String(cell));

function clockNode(clock, advance) {
  const moment = new Date(clock.now);
  const time = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "numeric", minute: "2-digit" }).format(
    moment,
  );
  const step = (hours) =>
    el(
      "button",
      {
        type: "button",
        class: "chip",
        data: { testid: `clock-${hours}h` },
        "aria-label": `Move the clock ${hours} ${hours === 1 ? "hour" : "hours"} ahead`,
        onclick: () => advance(hours * 3600),
      },
      `+${hours} h`,
    );
  return el(
    "div",
    { class: "clock-row" },
    el("span", { class: "clock-words" }, el("b", {}, time), el("small", {}, ahead(clock.offset_seconds))),
    clock.can_advance && [step(1), step(4)],
  );
}

function ahead(seconds) {
  const hours = seconds / 3600;
  return seconds
    ? `${Number.isInteger(hours) ? hours : hours.toFixed(1)} h ahead of the real time`
    : "The sandbox’s clock";
}

function refocus(old, fresh, active) {
  if (active) fresh.querySelector(`[data-testid="${active.dataset.testid}"]`)?.focus();
}
