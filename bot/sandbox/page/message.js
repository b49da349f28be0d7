// One message: who, when, its blocks, and what Slack says around it.

import { block } from "./blocks.js";
import { moreActions } from "./controls.js";
import { fullTimeOf, lastReplyOf, timeOf } from "./dates.js";
import { el } from "./dom.js";
import { emojiFor } from "./emoji.js";
import { face, nameOf } from "./faces.js";
import { link, mrkdwn } from "./mrkdwn.js";

/**
 * The node of one message. `item` is `{message, compact, where}`, with `where` "channel" or "thread"; `desk` is
 * `{reader, act, openThread, shortcuts, choose}`.
 */
export function messageNode(item, desk) {
  const { message, compact, where } = item;
  const { reader } = desk;
  const author = authorOf(message, reader);
  return el(
    "li",
    { class: classes(message, compact), data: { testid: "message", ts: message.ts }, tabindex: "-1" },
    message.ephemeral && el("p", { class: "message-note" }, eye(), "Only visible to you"),
    where === "channel" && message.broadcast && broadcastNote(message, desk),
    el(
      "div",
      { class: "message-gutter" },
      compact ? el("span", { class: "message-hover-time" }, timeOf(message.ts)) : face(author),
    ),
    el(
      "div",
      { class: "message-main" },
      !compact && heading(message, author),
      el("div", { class: "message-body" }, body(message, desk)),
      files(message),
      reactions(message),
      message.warning && el("p", { class: "message-warning", role: "alert" }, message.warning),
      where === "channel" && summary(message, desk),
    ),
    !message.ephemeral && shortcuts(message, desk),
  );
}

/** Who wrote it, as a person of this workspace; the app if nobody did. */
export function authorOf(message, reader) {
  if (message.user && reader.people.has(message.user)) return reader.people.get(message.user);
  return message.bot ? reader.bot : { id: message.user ?? "", name: message.user ?? "Somebody" };
}

function classes(message, compact) {
  const marks = { compact, ephemeral: message.ephemeral, broadcast: message.broadcast };
  return ["message", ...Object.keys(marks).filter((name) => marks[name])].join(" ");
}

function heading(message, author) {
  return el(
    "p",
    { class: "message-head" },
    el("b", { class: "message-name" }, nameOf(author)),
    message.bot && el("span", { class: "app-badge" }, "APP"),
    el("time", { class: "message-time", title: fullTimeOf(message.ts) }, timeOf(message.ts)),
  );
}

function body(message, { reader, act }) {
  const edited = message.edited && el("span", { class: "edited" }, " (edited)");
  if (!message.blocks?.length)
    return [el("div", { class: "message-text", dir: "auto" }, mrkdwn(message.text ?? "", reader), edited)];
  const setting = { reader, act: act && ((event) => act({ ...event, ts: message.ts })) };
  return [message.blocks.map((each) => block(each, setting)), edited && el("div", { class: "edited" }, "(edited)")];
}

function files(message) {
  const words = ({ name, title }) => title || name || "File";
  const file = (each) =>
    el(
      "li",
      { class: "file" },
      each.url ? link(each.url, words(each)) : el("b", {}, words(each)),
      el("span", {}, bytes(each.size)),
    );
  return message.files?.length ? el("ul", { class: "files" }, message.files.map(file)) : null;
}

function bytes(size) {
  if (!Number.isFinite(size)) return "";
  return size < 1024 ? `${size} B` : `${(size / 1024).toFixed(1)} kB`;
}

function reactions(message) {
  const reaction = ({ name, count }) =>
    el("li", { class: "reaction", title: `:${name}:` }, `${emojiFor(name) ?? `:${name}:`} ${count}`);
  return message.reactions?.length
    ? el("ul", { class: "files", "aria-label": "Reactions" }, message.reactions.map(reaction))
    : null;
}

/** What the app offers on every message. */
function shortcuts({ ts }, { shortcuts: offered = [], choose }) {
  if (!offered.length) return null;
  const items = offered.map(({ callback_id: value, name }) => ({ value, words: name }));
  const menu = moreActions(items, (value) => choose(ts, value));
  menu.classList.add("message-more");
  menu.dataset.testid = "more";
  return menu;
}

function broadcastNote(message, { openThread }) {
  return el(
    "p",
    { class: "message-note" },
    "replied to a thread: ",
    el(
      "button",
      { type: "button", class: "text-button", onclick: () => openThread(message.thread_ts) },
      "open the thread",
    ),
  );
}

function summary(message, { reader, openThread }) {
  if (!message.reply_count) return null;
  const count = message.reply_count === 1 ? "1 reply" : `${message.reply_count} replies`;
  const faces = (message.reply_users ?? []).slice(0, 4).map((id) => face(reader.people.get(id) ?? reader.bot, "small"));
  return el(
    "button",
    {
      type: "button",
      class: "replies",
      data: { testid: "replies", ts: message.ts },
      onclick: () => openThread(message.ts),
    },
    el("span", { class: "replies-faces" }, faces),
    el("b", {}, count),
    message.last_reply &&
      el("span", { class: "replies-last" }, `Last reply ${lastReplyOf(message.last_reply, reader.now)}`),
  );
}

const eye = () => el("span", { "aria-hidden": "true" }, "👁 ");
