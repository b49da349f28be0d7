// The channel in the middle: its head, its beginning, and the messages outside threads.

import { byId, el, fill, patch } from "./dom.js";
import { block } from "./blocks.js";
import { face, nameOf } from "./faces.js";
import { showMessages } from "./messages.js";
import { carryValues } from "./values.js";

/** Name, purpose and, for the app's own direct message, its two tabs. */
export function showHead(channel, snapshot, tab) {
  const me = snapshot.people.find(({ id }) => id === snapshot.me);
  fill(byId("channel-name"), channel.is_im ? channel.name : `# ${channel.name}`);
  fill(byId("channel-purpose"), channel.purpose ?? "");
  byId("home-tabs").hidden = !channel.is_im;
  byId("show-messages").setAttribute("aria-pressed", String(tab === "messages"));
  byId("show-home").setAttribute("aria-pressed", String(tab === "home"));
  const chip = byId("me-chip");
  chip.setAttribute("aria-label", `You are ${nameOf(me)}. Switch person`);
  fill(chip, face(me, "small"));
}

/** The messages of the channel that stand outside threads. Says whether new ones wait below. */
export function showChannel(channel, messages, desk) {
  showWelcome(channel);
  const outside = messages.filter((each) => !each.thread_ts || each.thread_ts === each.ts || each.broadcast);
  return showMessages(byId("messages"), byId("scroller"), outside, "channel", desk);
}

/** The app's Home, as it published it for this person. */
export function showHome(home, desk) {
  const blocks = home?.blocks ?? [
    { type: "section", text: { type: "plain_text", text: "Nothing is published here yet." } },
  ];
  const items = blocks.map((each, index) => ({ key: each.block_id ?? String(index), block: each }));
  patch(byId("home"), items, (item) => block(item.block, desk), carryValues);
}

function showWelcome(channel) {
  const node = byId("welcome");
  if (node.dataset.channel === channel.id) return;
  node.dataset.channel = channel.id;
  fill(node, channel.is_im ? directBeginning(channel) : beginning(channel));
}

function beginning(channel) {
  const steps = [
    "Press a sample ticket below, or type /signoff run support and a ticket. Or write a message, and choose Ask an agent under ⋯.",
    "Signoff reads it and proposes what to do. Nothing happens yet: a card asks for approval.",
    "Become a reviewer on the left, then approve, edit or reject, and watch the world beside the channel.",
  ];
  return [
    el("h3", {}, `Welcome to #${channel.name}`),
    el(
      "ol",
      { class: "steps" },
      steps.map((step) => el("li", {}, step)),
    ),
  ];
}

function directBeginning(channel) {
  return [
    el("h3", {}, channel.name),
    el("p", {}, `This is your conversation with ${channel.name}. It tells you here what only you need to know.`),
  ];
}
