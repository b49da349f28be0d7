// The page of the sandbox: one snapshot of the workspace in, what a person does out.

import { showChannel, showHead, showHome } from "./channel.js";
import { composer } from "./composer.js";
import { byId, fill } from "./dom.js";
import { nameOf, toned } from "./faces.js";
import { authorOf } from "./message.js";
import { goToEnd, nearEnd } from "./messages.js";
import { modal } from "./modal.js";
import { hintWorld, showPane, wirePanes } from "./panes.js";
import { showSidebar } from "./sidebar.js";
import { follow, post } from "./store.js";
import { showThread } from "./thread.js";
import { showClock, showWorld } from "./world.js";

const page = {
  as: new URLSearchParams(window.location.search).get("as"),
  snapshot: null,
  channel: null,
  thread: null,
  tab: "messages", // of the app's direct message: "messages" or "home"
  line: true,
  seen: new Map(), // "person channel" -> ts of the last message read there
};

let stop = () => {};

const sayIn = (frame, threaded) => async (text) => {
  const answer = await post("/sandbox/say", {
    as: page.as,
    channel: page.channel,
    text,
    ...(threaded && { thread_ts: page.thread }),
  });
  if (answer.ok) goToEnd(byId(frame));
  return answer;
};

const boxes = {
  channel: composer(byId("channel-composer"), {
    id: "composer-text",
    testid: "composer",
    sendTestid: "send",
    say: sayIn("scroller", false),
  }),
  thread: composer(byId("thread-composer"), {
    id: "thread-text",
    testid: "thread-composer",
    sendTestid: "thread-send",
    say: sayIn("thread-scroller", true),
  }),
};

const dialog = modal({
  send: (view, event, values) => post("/sandbox/view", { as: page.as, view_id: view.id, event, values }),
});

function connect() {
  stop();
  stop = follow(page.as, receive, (up) => {
    page.line = up;
    showBanner();
  });
}

function receive(snapshot) {
  const before = page.snapshot?.me === snapshot.me ? page.snapshot : null;
  page.as = snapshot.me;
  page.snapshot = { ...snapshot, people: toned(snapshot.people) };
  page.channel = placeFor(snapshot);
  render();
  if (!before) goToEnd(byId("scroller"));
  announce(before, page.snapshot);
}

/** Stay where we are; the app's direct message is another channel for every person. */
function placeFor({ channels }) {
  if (channels.some(({ id }) => id === page.channel)) return page.channel;
  return (channels.find(({ is_im: direct }) => direct === page.direct) ?? channels[0]).id;
}

function render() {
  const { snapshot } = page;
  const channel = snapshot.channels.find(({ id }) => id === page.channel);
  const messages = snapshot.messages[channel.id] ?? [];
  const home = channel.is_im && page.tab === "home";
  page.direct = channel.is_im;
  markSeen(channel.id, messages);
  showSidebar(snapshot, channel.id, unread(snapshot), { become, goTo });
  showHead(channel, snapshot, page.tab);
  showCentre(channel, messages, home);
  if (!showThread(messages, page.thread, deskFor("message"))) page.thread = null;
  showBoxes(channel, home);
  if (showWorld(snapshot.panels)) hintWorld();
  showClock(snapshot.clock, (seconds) => void post("/sandbox/clock", { seconds }));
  dialog.show(snapshot.view, deskFor("view"));
  showBanner();
}

function showCentre(channel, messages, home) {
  for (const id of ["welcome", "messages"]) byId(id).hidden = home;
  byId("home").hidden = !home;
  if (home) showHome(page.snapshot.home, deskFor("home"));
  else if (showChannel(channel, messages, deskFor("message"))) byId("jump").hidden = false;
}

function showBoxes(channel, home) {
  const { commands, samples, people, me } = page.snapshot;
  const name = nameOf(people.find(({ id }) => id === me));
  const label = `Message as ${name}`;
  byId("channel-composer").hidden = home;
  boxes.channel.show({ draftKey: `${me} ${channel.id}`, label, commands, samples: channel.is_im ? [] : samples });
  boxes.thread.show({
    draftKey: `${me} ${channel.id} ${page.thread}`,
    label: `Reply as ${name}`,
    commands: [],
    samples: [],
  });
}

/** What renderers need: who reads, how to act, how to open a thread, what the app offers on messages. `where` is "message", "view" or "home". */
function deskFor(where) {
  const channel = where === "message" ? { channel: page.channel } : {};
  return {
    reader: reader(page.snapshot),
    act: (event) => act({ as: page.as, where, ...channel, ...event }),
    openThread,
    shortcuts: page.snapshot.shortcuts,
    choose,
  };
}

function reader({ people, channels, me, clock }) {
  return {
    people: new Map(people.map((person) => [person.id, person])),
    channels: new Map(channels.map((channel) => [channel.id, channel])),
    bot: people.find((person) => person.is_bot) ?? { id: "", name: "Signoff", is_bot: true },
    me,
    now: new Date(clock.now),
  };
}

/** Tell the server of a press or a choice. Answers what went wrong, if anything did. */
async function act(event) {
  const answer = await post("/sandbox/action", event);
  if (!answer.ok) showBanner(answer.error);
  return answer.ok ? null : answer.error;
}

/** One of the app's shortcuts, chosen on a message. */
async function choose(ts, callback) {
  const answer = await post("/sandbox/shortcut", { as: page.as, channel: page.channel, ts, callback_id: callback });
  if (!answer.ok) showBanner(answer.error);
}

function openThread(ts) {
  page.thread = ts;
  showPane("thread");
  render();
  byId("thread-scroller").focus({ preventScroll: true });
}

function goTo(channel) {
  page.channel = channel;
  page.thread = null;
  page.tab = "messages";
  showPane("channel");
  render();
  goToEnd(byId("scroller"));
}

function become(id) {
  if (id === page.as) return;
  page.as = id;
  const url = new URL(window.location.href);
  url.searchParams.set("as", id);
  window.history.pushState({}, "", url);
  connect();
}

function showTab(tab) {
  page.tab = tab;
  if (tab === "home") void post("/sandbox/home", { as: page.as });
  render();
}

function showBanner(trouble) {
  const text =
    trouble ??
    (page.line ? null : "The line to the sandbox is down. Trying again…") ??
    (page.snapshot?.connected === false
      ? "Signoff is not connected just now. What you do waits until it is back."
      : null);
  byId("banner").hidden = !text;
  if (byId("banner").textContent !== (text ?? "")) fill(byId("banner"), text ?? "");
}

const lastTs = (messages) => messages.reduce((last, { ts }) => (ts > last ? ts : last), "");

function markSeen(channel, messages) {
  page.seen.set(`${page.as} ${channel}`, lastTs(messages));
}

function unread({ channels, messages }) {
  const waits = ({ id }) => lastTs(messages[id] ?? []) > (page.seen.get(`${page.as} ${id}`) ?? "");
  return new Set(channels.filter(waits).map(({ id }) => id));
}

/** Tell screen readers what just arrived in the open channel. */
function announce(before, snapshot) {
  if (!before) return;
  const known = new Set((before.messages[page.channel] ?? []).map(({ ts }) => ts));
  const fresh = (snapshot.messages[page.channel] ?? []).filter(({ ts }) => !known.has(ts));
  if (!fresh.length) return;
  const who = reader(snapshot);
  fill(byId("live"), fresh.map((message) => `${nameOf(authorOf(message, who))}: ${message.text}`).join(". "));
}

function wire() {
  wirePanes();
  byId("me-chip").addEventListener("click", () => showPane("people"));
  byId("show-messages").addEventListener("click", () => showTab("messages"));
  byId("show-home").addEventListener("click", () => showTab("home"));
  byId("jump").addEventListener("click", () => goToEnd(byId("scroller")));
  byId("scroller").addEventListener("scroll", () => {
    if (nearEnd(byId("scroller"))) byId("jump").hidden = true;
  });
  window.addEventListener("popstate", () => {
    page.as = new URLSearchParams(window.location.search).get("as");
    connect();
  });
}

wire();
connect();
