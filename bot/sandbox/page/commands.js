// Slash commands offered while one is being typed.

import { el, fill } from "./dom.js";

/** The list of commands that what is typed may become. Arrow keys move, Enter or Tab takes, Escape closes. */
export function commandPicker(menu, area, changed) {
  let found = [];
  let active = 0;
  const close = () => {
    found = [];
    draw();
  };
  const take = (index) => {
    area.value = `${found[index].command} `;
    close();
    area.focus();
    changed();
  };
  const draw = () => {
    menu.hidden = !found.length;
    area.setAttribute("aria-expanded", String(found.length > 0));
    fill(
      menu,
      found.map((each, index) => commandRow(each, index, index === active, menu.id, take)),
    );
    if (found.length) area.setAttribute("aria-activedescendant", `${menu.id}-${active}`);
    else area.removeAttribute("aria-activedescendant");
  };
  const moves = { ArrowDown: 1, ArrowUp: -1 };
  return {
    close,
    match(commands) {
      const typed = area.value.toLowerCase();
      found = typed.startsWith("/")
        ? commands.filter(({ command }) => command.startsWith(typed) && command !== typed)
        : [];
      active = 0;
      draw();
    },
    key(event) {
      if (!found.length || event.isComposing) return false;
      if (moves[event.key]) active = (active + moves[event.key] + found.length) % found.length;
      else if (event.key === "Escape") found = [];
      else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") take(active);
      else return false;
      event.preventDefault();
      draw();
      return true;
    },
  };
}

function commandRow({ command, hint, description }, index, active, id, take) {
  const choose = (event) => {
    event.preventDefault(); // keeps the focus in the message box
    take(index);
  };
  return el(
    "li",
    { class: "command", role: "option", id: `${id}-${index}`, "aria-selected": String(active), onmousedown: choose },
    el("span", { class: "command-name" }, el("b", {}, command), hint && el("span", {}, ` ${hint}`)),
    description && el("small", {}, description),
  );
}
