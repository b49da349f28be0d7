// Which part of the page is in front: beside the channel on a wide window, one at a time on a phone.

import { byId } from "./dom.js";

const SIDES = ["thread", "world"];

/** Bring a pane to the front: "channel", "thread", "world" or "people". */
export function showPane(name) {
  const { dataset } = document.body;
  dataset.pane = name;
  if (SIDES.includes(name)) dataset.side = name;
  if (name === "world") byId("world-dot").hidden = true;
  mark();
}

/** Say that the world changed while something else was being read. */
export function hintWorld() {
  byId("world-dot").hidden = document.body.dataset.side === "world";
}

/** Make the tabs work, by pointer and by arrow keys. */
export function wirePanes() {
  for (const tab of tabs()) tab.addEventListener("click", () => showPane(tab.dataset.side));
  for (const button of bar()) button.addEventListener("click", () => showPane(button.dataset.pane));
  document.querySelector(".side-tabs").addEventListener("keydown", (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    showPane(SIDES.find((name) => name !== document.body.dataset.side));
    tabs()
      .find((tab) => tab.getAttribute("aria-selected") === "true")
      .focus();
  });
  mark();
}

function mark() {
  const { pane, side } = document.body.dataset;
  for (const tab of tabs()) {
    const chosen = tab.dataset.side === side;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
  for (const button of bar()) {
    if (button.dataset.pane === pane) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
}

const tabs = () => [...document.querySelectorAll(".side-tabs [role=tab]")];
const bar = () => [...document.querySelectorAll(".tabbar button")];
