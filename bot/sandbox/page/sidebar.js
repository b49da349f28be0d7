// The left side: who one is, and where one can go.

import { byId, el, fill, patch } from "./dom.js";
import { face, nameOf } from "./faces.js";

/** Show people and channels. `here` is the open channel's id, `unread` a set of channel ids. */
export function showSidebar(snapshot, here, unread, { become, goTo }) {
  fill(byId("workspace-name"), snapshot.team.name);
  const people = snapshot.people
    .filter((person) => !person.is_bot)
    .map((person) => ({ key: person.id, person, me: person.id === snapshot.me }));
  patch(byId("people"), people, (item) => personRow(item, become), refocus);
  const rooms = snapshot.channels.map((channel) => ({
    key: channel.id,
    channel,
    here: channel.id === here,
    unread: unread.has(channel.id),
  }));
  patch(
    byId("channels"),
    rooms.filter(({ channel }) => !channel.is_im),
    (item) => roomRow(item, snapshot, goTo),
    refocus,
  );
  patch(
    byId("direct"),
    rooms.filter(({ channel }) => channel.is_im),
    (item) => roomRow(item, snapshot, goTo),
    refocus,
  );
}

function personRow({ person, me }, become) {
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        class: "person",
        data: { testid: `person-${person.id}` },
        "aria-pressed": String(me),
        onclick: () => become(person.id),
      },
      face(person),
      el("span", { class: "person-words" }, el("b", {}, nameOf(person)), el("small", {}, person.role)),
      me && el("span", { class: "person-tick", "aria-hidden": "true" }, "✓"),
    ),
  );
}

function roomRow({ channel, here, unread }, snapshot, goTo) {
  const bot = snapshot.people.find((person) => person.is_bot) ?? { is_bot: true };
  return el(
    "li",
    {},
    el(
      "button",
      {
        type: "button",
        class: unread ? "room unread" : "room",
        data: { channel: channel.id },
        "aria-current": here && "page",
        onclick: () => goTo(channel.id),
      },
      channel.is_im ? face(bot, "small") : el("span", { class: "room-mark", "aria-hidden": "true" }, "#"),
      el("span", { class: "room-name" }, channel.name),
      unread && el("span", { class: "fresh-dot" }, el("span", { class: "unseen" }, ", unread")),
    ),
  );
}

/** Keep focus on the pressed row when it is rebuilt as the current one. */
function refocus(old, fresh, active) {
  if (active) fresh.querySelector("button").focus({ preventScroll: true });
}
