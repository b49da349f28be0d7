// The line to the sandbox server: a websocket that brings whole snapshots, and JSON posts that say what a person did.

const FIRST_RETRY = 300; // milliseconds
const LAST_RETRY = 4000; // milliseconds

/**
 * Follow the workspace as one person. `onSnapshot(snapshot)` is called on every change, `onLine(up)` when the line to the
 * server comes or goes. Returns a function that stops following.
 */
export function follow(as, onSnapshot, onLine) {
  let socket = null;
  let stopped = false;
  let retry = FIRST_RETRY;
  const dial = () => {
    if (stopped) return;
    socket = new WebSocket(address(as));
    socket.onopen = () => {
      retry = FIRST_RETRY;
      onLine(true);
    };
    socket.onmessage = (event) => !stopped && onSnapshot(JSON.parse(event.data));
    socket.onclose = () => {
      if (stopped) return;
      onLine(false);
      setTimeout(dial, retry);
      retry = Math.min(retry * 2, LAST_RETRY);
    };
  };
  dial();
  return () => {
    stopped = true;
    socket?.close();
  };
}

/** Post what a person did. Answers `{ok: true, …}` or `{ok: false, error: "a sentence"}`; never throws. */
export async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return await answer(response);
  } catch {
    return { ok: false, error: "The sandbox cannot be reached. Is it still running?" };
  }
}

async function answer(response) {
  try {
    return await response.json();
  } catch {
    return { ok: response.ok, error: `The sandbox answered ${response.status}.` };
  }
}

function address(as) {
  const url = new URL("/sandbox/socket", window.location.href);
  url.protocol = url.protocol.replace("http", "ws");
  if (as) url.searchParams.set("as", as);
  return url;
}
