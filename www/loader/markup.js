// Variants that the markup holds: a `<template data-trib-experiment="key" data-trib-variant="key">` stands in the element whose
// content it replaces. What else is in that element is the control.

import { safely } from 'tributary-host';

const { document } = self;
const { getAttribute, matches } = Element.prototype;

const EXPERIMENT = 'data-trib-experiment';
const VARIANT = 'data-trib-variant';
const SELECTOR = `template[${EXPERIMENT}]`;

/** What an element shows in place of its control: by which template, the nodes, and those that they replace. */
const shown = new WeakMap();
/** Elements that the parser may still be in: what comes into them yet is control. */
const open = new Set();
/** Experiments that are exposed in this page view, for this visitor. */
let exposed = new Set();

const isTemplate = (node) => node.nodeType === 1 && matches.call(node, SELECTOR);

/** Whether the parser has left a node: something follows it, or what it is in. */
const isWhole = (node) => document.readyState !== 'loading' || (node !== null && (node.nextSibling !== null || isWhole(node.parentNode)));

/** Also what frameworks put beside a template's content. */
const contentOf = ({ content, childNodes }) => [...content.childNodes, ...childNodes].map((node) => document.importNode(node, true));

/** Takes out what is control. */
function clear(place) {
  const { nodes, control } = shown.get(place);
  for (const node of [...place.childNodes]) {
    if (nodes.includes(node) || isTemplate(node)) continue;
    control.push(node);
    node.remove();
  }
}

function replace(place, template) {
  const nodes = contentOf(template);
  shown.set(place, { template, nodes, control: [] });
  clear(place);
  template.after(...nodes);
  if (!isWhole(place)) open.add(place);
}

function restore(place) {
  const { nodes, control } = shown.get(place);
  shown.delete(place);
  open.delete(place);
  for (const node of nodes) node.remove();
  place.append(...control);
}

/** An element is of the experiment that its first template names. The others' templates in it are left alone. */
const giveAt = safely((place, live, expose) => {
  const templates = [...place.children].filter(isTemplate);
  const key = getAttribute.call(templates[0], EXPERIMENT);
  const variant = live.get(key);
  const isChosen = (template) => getAttribute.call(template, EXPERIMENT) === key && getAttribute.call(template, VARIANT) === variant;
  const template = templates.find(isChosen);
  if (template && !isWhole(template)) return;
  // Whoever gets the control is exposed by the same templates.
  if (variant !== undefined && !exposed.has(key)) {
    if (expose(key) !== variant) return;
    exposed.add(key);
  }
  if (shown.get(place)?.template === template) return;
  if (shown.has(place)) restore(place);
  if (template) replace(place, template);
});

/** Gives what there are templates for. */
export function give(live, expose) {
  const places = new Set([...document.querySelectorAll(SELECTOR)].map((template) => template.parentNode));
  for (const place of places) giveAt(place, live, expose);
  for (const place of open) {
    clear(place);
    if (isWhole(place)) open.delete(place);
  }
}

/** Another page view, or another visitor: what is still there is given anew. */
export function renew() {
  exposed = new Set();
}
