// What a change does to an element, by its kind: `act` does it and answers what must be known to take it back, `still` says
// whether it stands as it was done, `undo` takes it back. Styles go through CSSOM, which no policy forbids.

import { policy } from './policy.js';

const { document } = self;

/** The kinds whose numbers others know: the last leaves the page. */
export const MOVE = 5;
export const REDIRECT = 6;

const text = {
  // A text that is alone stays the same node: frameworks keep theirs.
  act(element, [value]) {
    const [only, ...others] = element.childNodes;
    const isAlone = only?.nodeType === 3 && !others.length;
    const before = isAlone ? only.data : [...element.childNodes];
    if (isAlone) only.data = value;
    else element.textContent = value;
    return before;
  },
  still: (element, [value]) => element.textContent === value,
  undo(element, _, before) {
    if (typeof before === 'string') element.textContent = before;
    else fill(element, before);
  },
};

/** What is there goes last: where the page lets nobody put in the new, nothing has changed. */
function fill(element, nodes) {
  const before = [...element.childNodes];
  element.append(...nodes);
  for (const node of before) node.remove();
}

const html = {
  prepare([value]) {
    const template = document.createElement('template');
    // Where the page lets nobody write HTML this throws.
    template.innerHTML = policy()?.createHTML(value) ?? value;
    return [template.content];
  },
  act(element, [content]) {
    const before = [...element.childNodes];
    const nodes = [...document.importNode(content, true).childNodes];
    fill(element, nodes);
    return { before, nodes };
  },
  still: ({ childNodes }, _, { nodes }) => childNodes.length === nodes.length && nodes.every((node, index) => node === childNodes[index]),
  undo: (element, _, { before }) => fill(element, before),
};

function setAttribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

const attribute = {
  act(element, [name, value]) {
    const before = element.getAttribute(name);
    setAttribute(element, name, value);
    return before;
  },
  still: (element, [name, value]) => element.getAttribute(name) === value,
  undo: (element, [name], before) => setAttribute(element, name, before),
};

const classes = {
  act({ classList }, [add, remove]) {
    const before = [add.filter((name) => !classList.contains(name)), remove.filter((name) => classList.contains(name))];
    classList.add(...add);
    classList.remove(...remove);
    return before;
  },
  still: ({ classList }, [add, remove]) => add.every((name) => classList.contains(name)) && !remove.some((name) => classList.contains(name)),
  undo({ classList }, _, [added, removed]) {
    classList.remove(...added);
    classList.add(...removed);
  },
};

const style = {
  act({ style }, [property, value]) {
    const before = [style.getPropertyValue(property), style.getPropertyPriority(property)];
    const [plain, important] = value.split('!');
    style.setProperty(property, plain, important && 'important');
    // As the browser writes it; unchanged where it does not know it.
    return { before, shown: style.getPropertyValue(property) };
  },
  still: ({ style }, [property], { shown }) => style.getPropertyValue(property) === shown,
  undo: ({ style }, [property], { before }) => style.setProperty(property, ...before),
};

const move = {
  act(element, [to, position]) {
    const { parentNode: parent, nextSibling: next } = element;
    const target = document.querySelector(to);
    if (target && !element.contains(target)) target[position](element);
    return { parent, next, now: element.parentNode };
  },
  still: (element, _, { now }) => element.parentNode === now,
  undo(element, _, { parent, next }) {
    if (parent) parent.insertBefore(element, next?.parentNode === parent ? next : null);
  },
};

/** Who is sent to another page is sent once, when the variant is given: see redirect.js. */
const redirect = { act() {}, still: () => true, undo() {} };

/** By the numbers that the configuration has. */
export const KINDS = [text, html, attribute, classes, style, move, redirect];
