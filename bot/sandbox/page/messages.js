// A list of messages with its day dividers, patched in place, that stays at its end while the reader is there.

import { dayOf } from "./dates.js";
import { el, patch } from "./dom.js";
import { messageNode } from "./message.js";

const SAME_BREATH = 300; // seconds within which messages by one author stand under one name
const NEAR_END = 80; // pixels from the end that still count as reading the end

/** Show `messages` in `list`, inside the scrolling `frame`. Says whether the reader was left behind by new ones. */
export function showMessages(list, frame, messages, where, desk) {
  const atEnd = frame.scrollHeight - frame.scrollTop - frame.clientHeight < NEAR_END;
  const last = list.lastElementChild?.dataset.key;
  patch(list, itemsOf(messages, where, desk.reader), (item) => (item.day ? divider(item) : messageNode(item, desk)));
  for (const message of messages) markPending(list, message);
  const grown = list.lastElementChild?.dataset.key !== last;
  if (atEnd) frame.scrollTop = frame.scrollHeight;
  return grown && !atEnd;
}

/** A press is over when a snapshot arrives and its message waits for nothing more. */
export function releaseButtons(root) {
  for (const node of root.querySelectorAll('[aria-busy="true"]')) {
    if (!node.closest(".is-pending")) node.removeAttribute("aria-busy");
  }
}

function itemsOf(messages, where, reader) {
  let day = null;
  let before = null;
  const items = [];
  for (const message of messages) {
    const today = dayOf(message.ts, reader.now);
    if (today !== day) items.push({ key: `day ${message.ts.split(".")[0]}`, day: today });
    const compact = today === day && follows(before, message);
    // `pending` changes with every press; it is marked on the node instead of rebuilding it.
    items.push({ key: keyOf(message), message: { ...message, pending: undefined }, compact, where });
    [day, before] = [today, message];
  }
  return items;
}

function follows(before, message) {
  if (!before || [before, message].some((each) => each.ephemeral || each.broadcast || each.blocks?.length)) return false;
  return before.user === message.user && before.bot === message.bot && message.ts - before.ts < SAME_BREATH;
}

const keyOf = (message) => `${message.ephemeral ? "ephemeral " : ""}${message.ts}`;

function divider(item) {
  return el("li", { class: "day", "aria-label": item.day }, el("span", {}, item.day));
}

function markPending(list, message) {
  const node = [...list.children].find((each) => each.dataset.key === keyOf(message));
  node?.classList.toggle("is-pending", Boolean(message.pending));
}
