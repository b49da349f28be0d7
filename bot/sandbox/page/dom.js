// Building and patching DOM nodes. Text always enters as text nodes; there is no markup parsing anywhere on this page.

/** A new element. `class`, `data` (an object) and `on…` (listeners) are understood; everything else is an attribute. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) assign(node, name, value);
  node.append(...children.flat(Infinity).filter(present));
  return node;
}

/** The element with this id, which index.html is known to hold. */
export const byId = (id) => document.getElementById(id);

/** Replace what `parent` holds. */
export function fill(parent, ...children) {
  parent.replaceChildren(...children.flat(Infinity).filter(present));
}

/** Focus, text being typed and scroll survive a patch because a node is rebuilt only if its item changed. */
const shown = new WeakMap();

/**
 * Make `parent` hold one node per item, in order. Items have a unique string `key`; `build(item)` makes a node.
 * `carry(old, fresh)` may bring over what a person typed into a node that has to be rebuilt.
 */
export function patch(parent, items, build, carry = keepFocus) {
  const known = new Map([...parent.children].map((node) => [node.dataset.key, node]));
  const nodes = items.map((item) => current(known.get(item.key), item, build, carry));
  const kept = new Set(nodes);
  for (const node of known.values()) if (!kept.has(node)) node.remove();
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}

function current(node, item, build, carry) {
  const digest = JSON.stringify(item);
  if (node && shown.get(node) === digest) return node;
  const fresh = build(item);
  fresh.dataset.key = item.key;
  shown.set(fresh, digest);
  if (!node) return fresh;
  const active = node.contains(document.activeElement) ? document.activeElement : null;
  node.replaceWith(fresh);
  carry(node, fresh, active);
  return fresh;
}

/** After a rebuild, focus the control that had focus, or what is left of its message. */
export function keepFocus(old, fresh, active) {
  if (!active) return;
  const twin = [...fresh.querySelectorAll("[data-action-id]")].find(
    (node) => node.dataset.actionId === active.dataset.actionId && node.dataset.blockId === active.dataset.blockId,
  );
  (twin ?? fresh).focus({ preventScroll: true });
}

function assign(node, name, value) {
  if (!present(value)) return;
  if (name === "class") node.className = value;
  else if (name === "data") mark(node, value);
  else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else node.setAttribute(name, value === true ? "" : value);
}

function mark(node, data) {
  for (const [key, value] of Object.entries(data)) if (present(value)) node.dataset[key] = value;
}

const present = (value) => value !== undefined && value !== null && value !== false;
