// The open thread: its root and every reply.

import { byId } from "./dom.js";
import { showMessages } from "./messages.js";

/** Show the thread that begins at `root` (a ts), or say that none is open. Says whether there is one. */
export function showThread(messages, root, desk) {
  const story = root ? messages.filter((each) => each.ts === root || each.thread_ts === root) : [];
  const open = story.length > 0;
  byId("thread-empty").hidden = open;
  byId("thread-scroller").hidden = !open;
  byId("thread-composer").hidden = !open;
  showMessages(byId("thread-messages"), byId("thread-scroller"), story, "thread", desk);
  return open;
}
