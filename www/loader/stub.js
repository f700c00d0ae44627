// Goes into the page itself, before anything that calls Tributary, and keeps the calls until the script is there:
// [time, name, arguments, settle]. A second name for the API stands in its tag: <script data-global="ttoolab">.
((page, name, queue) => {
  if (page.tributary) return;
  const api = (page[name || 'tributary'] = page.tributary = { q: queue, getVariant: () => null, getAssignments: () => ({}) });
  'init track ready identify consent flush clear appeared clicked hovered dismissed observe on off inspect setAttributes'.split(' ').map((name) => {
    api[name] = (...values) => new Promise((settle) => queue.push([Date.now(), name, values, settle]));
  });
})(window, document.currentScript.dataset.global, []);
