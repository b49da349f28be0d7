// Slack's mrkdwn as DOM nodes. https://docs.slack.dev/messaging/formatting-message-text
//
// Nothing that arrives here is trusted: only http, https and mailto links become links, and everything else is text.

import { slackDate } from "./dates.js";
import { el } from "./dom.js";
import { emojiFor } from "./emoji.js";
import { nameOf } from "./faces.js";

/** Nodes for a mrkdwn text. `reader` gives `people`, `channels`, `me` and `now`. */
export function mrkdwn(text, reader) {
  return text.split(/(```[\s\S]+?```)/).flatMap((part) => {
    const fence = /^```\n?([\s\S]+?)\n?```$/.exec(part);
    return fence ? [el("pre", { class: "pre" }, unescaped(unwrapped(fence[1])))] : paragraphs(part, reader);
  });
}

/** The characters behind `&amp;`, `&lt;` and `&gt;`. */
export function unescaped(text) {
  return text.replace(/&(amp|lt|gt);/g, (_, name) => ({ amp: "&", lt: "<", gt: ">" })[name]);
}

/** A link if its scheme is harmless; otherwise its words, with the address beside them. */
export function link(address, label) {
  const words = label || address.replace(/^mailto:/, "");
  if (!harmless(address)) return document.createTextNode(label ? `${label} (${address})` : address);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer", class: "link" }, words);
}

/** A mention of a person, shown as such and marked when it means the reader. */
export function personMention(id, label, reader) {
  const person = reader.people.get(id);
  const name = person ? nameOf(person) : (label ?? id);
  return el("span", { class: id === reader.me ? "mention mention-me" : "mention" }, `@${name}`);
}

/** A mention of a channel. */
export function channelMention(id, label, reader) {
  return el("span", { class: "mention" }, `#${reader.channels.get(id)?.name ?? label ?? id}`);
}

const KINDS = [
  ["quote", /^(?:>|&gt;) ?/],
  ["ul", /^\s*[-•◦] +/],
  ["ol", /^\s*(?=\d+[.)] )/],
];

function paragraphs(text, reader) {
  const groups = [];
  for (const line of text.split("\n")) {
    const [kind, mark] = KINDS.find(([, start]) => start.test(line)) ?? ["text", /^/];
    const last = groups.at(-1);
    if (last?.kind === kind) last.lines.push(line.replace(mark, ""));
    else groups.push({ kind, lines: [line.replace(mark, "")] });
  }
  return groups.flatMap((group, index) => paragraph(group, groups[index + 1], reader));
}

function paragraph({ kind, lines }, next, reader) {
  if (kind === "quote") return [el("blockquote", { class: "quote" }, broken(lines, reader))];
  if (kind === "ul")
    return [
      el(
        "ul",
        { class: "list" },
        lines.map((line) => el("li", {}, inline(line, reader))),
      ),
    ];
  if (kind === "ol")
    return [
      el(
        "ol",
        { class: "list" },
        lines.map((line) => numbered(line, reader)),
      ),
    ];
  const tail = next && lines.length > 1 && lines.at(-1) === "" ? lines.slice(0, -1) : lines;
  return tail.length === 1 && tail[0] === "" ? [] : broken(tail, reader);
}

function numbered(line, reader) {
  const [, number, rest] = /^(\d+)[.)] (.*)$/.exec(line);
  return el("li", { value: number }, inline(rest, reader));
}

function broken(lines, reader) {
  return lines.flatMap((line, index) => (index ? [el("br"), ...inline(line, reader)] : inline(line, reader)));
}

// One alternative per construct; emphasis opens after a non-word character and closes before one.
const INLINE = new RegExp(
  [
    "`(?<code>[^`\\n]+)`",
    "<(?<angle>[^<>\\n]+)>",
    ":(?<emoji>[a-z0-9_+-]+):",
    "(?<![\\p{L}\\p{N}*])\\*(?<b>[^\\s*](?:[^*\\n]*[^\\s*])?)\\*(?![\\p{L}\\p{N}*])",
    "(?<![\\p{L}\\p{N}_])_(?<i>[^\\s_](?:[^\\n]*?[^\\s_])?)_(?![\\p{L}\\p{N}_])",
    "(?<![\\p{L}\\p{N}~])~(?<s>[^\\s~](?:[^~\\n]*[^\\s~])?)~(?![\\p{L}\\p{N}~])",
  ].join("|"),
  "gu",
);

function inline(text, reader) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(unescaped(text.slice(end, match.index)), token(match, reader));
    end = match.index + match[0].length;
  }
  return [...nodes, unescaped(text.slice(end))].filter((node) => node !== "");
}

function token({ 0: whole, groups }, reader) {
  if (groups.code) return el("code", { class: "code" }, unescaped(unwrapped(groups.code)));
  if (groups.angle) return angle(groups.angle, reader);
  if (groups.emoji) return emojiFor(groups.emoji) ?? whole;
  const [tag, inner] = ["b", "i", "s"].map((name) => [name, groups[name]]).find(([, words]) => words);
  return el(tag, {}, inline(inner, reader));
}

function angle(inside, reader) {
  const [target, label] = split(inside);
  if (target.startsWith("@")) return personMention(target.slice(1), label, reader);
  if (target.startsWith("#")) return channelMention(target.slice(1), label, reader);
  if (target.startsWith("!date^")) return dateMention(target, label, reader);
  if (target.startsWith("!")) return el("span", { class: "mention" }, label ?? `@${target.slice(1).split("^").at(-1)}`);
  return link(unescaped(target), label);
}

function dateMention(target, label, reader) {
  const [, epoch, pattern, address] = target.split("^");
  const words = slackDate(epoch, pattern ?? "{date} {time}", reader.now);
  return el("time", { title: label }, address ? link(unescaped(address), words) : words);
}

function split(inside) {
  const bar = inside.indexOf("|");
  return bar < 0 ? [inside, undefined] : [inside.slice(0, bar), unescaped(inside.slice(bar + 1))];
}

/** Inside code, Slack shows a link as its words. */
const unwrapped = (text) =>
  text.replace(/<((?:https?|mailto):[^<>|\n]+)(?:\|([^<>\n]+))?>/g, (_, url, label) => label ?? url);

function harmless(address) {
  try {
    return ["http:", "https:", "mailto:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}
