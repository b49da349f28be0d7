// Slack's rich_text block as DOM nodes. https://docs.slack.dev/reference/block-kit/blocks/rich-text-block

import { slackDate } from "./dates.js";
import { el } from "./dom.js";
import { emojiFor } from "./emoji.js";
import { channelMention, link, personMention } from "./mrkdwn.js";

/** Nodes for the elements of a rich_text block. */
export function richText(block, reader) {
  return (block.elements ?? []).map((part) => (PARTS[part.type] ?? unknown)(part, reader));
}

const PARTS = {
  rich_text_section: (part, reader) => el("p", { class: "rich" }, pieces(part, reader)),
  rich_text_preformatted: (part, reader) => el("pre", { class: "pre", dir: "auto" }, pieces(part, reader)),
  rich_text_quote: (part, reader) => el("blockquote", { class: "quote", dir: "auto" }, pieces(part, reader)),
  rich_text_list: list,
};

const PIECES = {
  text: (piece) => styled(piece.text, piece.style),
  link: (piece) => styled(link(piece.url, piece.text), piece.style),
  user: (piece, reader) => personMention(piece.user_id, undefined, reader),
  channel: (piece, reader) => channelMention(piece.channel_id, undefined, reader),
  usergroup: (piece) => el("span", { class: "mention" }, `@${piece.usergroup_id}`),
  broadcast: (piece) => el("span", { class: "mention" }, `@${piece.range}`),
  emoji: (piece) => emojiFor(piece.name) ?? `:${piece.name}:`,
  color: (piece) => el("code", { class: "code" }, piece.value),
  date: (piece, reader) => el("time", { title: piece.fallback }, slackDate(piece.timestamp, piece.format, reader.now)),
};

function pieces(part, reader) {
  return (part.elements ?? []).map((piece) => (PIECES[piece.type] ?? unknown)(piece, reader));
}

function list(part, reader) {
  const items = (part.elements ?? []).map((item) => el("li", {}, pieces(item, reader)));
  const level = Math.min(part.indent ?? 0, 4);
  const start = part.style === "ordered" && part.offset ? part.offset + 1 : undefined;
  return el(part.style === "ordered" ? "ol" : "ul", { class: `list indent-${level}`, start }, items);
}

const STYLES = { code: "code", bold: "b", italic: "i", strike: "s", underline: "u" };

function styled(content, style = {}) {
  return Object.entries(STYLES).reduce(
    (inner, [name, tag]) => (style[name] ? el(tag, { class: name === "code" && "code" }, inner) : inner),
    content,
  );
}

function unknown(part) {
  return el("span", { class: "unsupported" }, `Unsupported rich text: ${part.type}`);
}
