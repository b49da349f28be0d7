// A list of messages with its day dividers, patched in place, that stays at its end while the reader is there.

import { dayOf } from "./dates.js";
import { el, patch } from "./dom.js";
import { messageNode } from "./message.js";

const SAME_BREATH = 300; // seconds within which messages by one author stand under one name
const NEAR_END = 60; // pixels from the end that still count as reading the end

/** Show `messages` in `list`, inside the scrolling `frame`. Says whether the reader was left behind by new ones. */
export function showMessages(list, frame, messages, where, desk) {
  if (!watched.has(frame)) watch(frame, list);
  const last = list.lastElementChild?.dataset.key;
  patch(list, itemsOf(messages, where, desk.reader), (item) => (item.day ? divider(item) : messageNode(item, desk)));
  const grown = list.lastElementChild?.dataset.key !== last;
  if (watched.get(frame)) goToEnd(frame);
  return grown && !watched.get(frame);
}

const watched = new WeakMap(); // scrolling frame -> whether its reader is at the end

/** While the reader is at the end of `frame` they stay there, whatever grows or shrinks. */
function watch(frame, list) {
  watched.set(frame, true);
  const settle = () => watched.get(frame) && (frame.scrollTop = frame.scrollHeight);
  const observer = new ResizeObserver(settle);
  observer.observe(frame);
  observer.observe(list);
  let top = 0;
  frame.addEventListener("scroll", () => {
    // A list that grew leaves its reader above the end without any scrolling up: that is not leaving the end.
    if (nearEnd(frame) || frame.scrollTop < top) watched.set(frame, nearEnd(frame));
    top = frame.scrollTop;
  });
}

/** Whether the end of a scrolling frame is in sight. */
export const nearEnd = (frame) => frame.scrollHeight - frame.scrollTop - frame.clientHeight < NEAR_END;

/** Go to the end of a scrolling frame, and stay there. */
export function goToEnd(frame) {
  watched.set(frame, true);
  frame.scrollTop = frame.scrollHeight;
}

function itemsOf(messages, where, reader) {
  if (where === "thread") return threadItems(messages);
  let day = null;
  let before = null;
  const items = [];
  for (const message of messages) {
    const today = dayOf(message.ts, reader.now);
    if (today !== day) items.push({ key: `day ${message.ts.split(".")[0]}`, day: today });
    const compact = today === day && follows(before, message);
    items.push(itemOf(message, compact, where));
    [day, before] = [today, message];
  }
  return items;
}

/** A thread has no days, but says after its root how many replies follow. */
function threadItems([root, ...replies]) {
  const items = [root, ...replies]
    .filter(Boolean)
    .map((message, index, all) => itemOf(message, index > 1 && follows(all[index - 1], message), "thread"));
  const count = replies.length === 1 ? "1 reply" : `${replies.length} replies`;
  return replies.length ? [items[0], { key: "count", day: count }, ...items.slice(1)] : items;
}

/** `pending` changes with every press; the pressed control shows it without its message being rebuilt. */
function itemOf(message, compact, where) {
  return { key: keyOf(message), message: { ...message, pending: undefined }, compact, where };
}

function follows(before, message) {
  if (!before || [before, message].some((each) => each.ephemeral || each.broadcast || each.blocks?.length))
    return false;
  return before.user === message.user && before.bot === message.bot && message.ts - before.ts < SAME_BREATH;
}

const keyOf = (message) => `${message.ephemeral ? "ephemeral " : ""}${message.ts}`;

function divider(item) {
  return el("li", { class: "day", "aria-label": item.day }, el("span", {}, item.day));
}
