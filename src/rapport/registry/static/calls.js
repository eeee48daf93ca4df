// Words that are selected in the text go into the field of the passage, with where they stand: the same words may stand
// there more than once. Without this script the passage is copied by hand.
(function () {
  'use strict';
  const text = document.querySelector('[data-text]'), form = document.getElementById('comment');
  if (!text || !form) return;
  const field = form.elements.passage, start = form.elements.start, said = document.querySelector('[data-chosen]');
  document.querySelector('[data-how]').hidden = false;
  text.tabIndex = 0;
  text.setAttribute('role', 'group');
  text.setAttribute('aria-label', text.dataset.label);

  // The words up to there, without the numbers of comments.
  function words(container, at) {
    const range = document.createRange();
    range.selectNodeContents(text);
    if (container) range.setEnd(container, at);
    const copy = range.cloneContents();
    copy.querySelectorAll('[data-number]').forEach(function (one) { one.remove(); });
    return copy.textContent;
  }

  function chosen() {
    const selection = document.getSelection(), inside = document.createRange();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    inside.selectNodeContents(text);
    if (!range.intersectsNode(text)) return null;
    const early = range.compareBoundaryPoints(Range.START_TO_START, inside) < 0;
    const late = range.compareBoundaryPoints(Range.END_TO_END, inside) > 0;
    const from = early ? 0 : words(range.startContainer, range.startOffset).length;
    const picked = (late ? words() : words(range.endContainer, range.endOffset)).slice(from), quote = picked.trim();
    if (!quote || quote.length > Number(field.dataset.longest)) return null;
    const before = words().slice(0, from + picked.indexOf(quote));
    return { quote: quote, start: Array.from(before).length };
  }

  function take() {
    const found = chosen();
    if (!found || (field.value === found.quote && start.value === String(found.start))) return;
    field.value = found.quote;
    start.value = found.start;
    said.textContent = '';
    const link = document.createElement('a');
    link.href = '#text';
    link.textContent = text.dataset.said;
    said.append(link);
  }

  // By keyboard: a word with the arrows, more of them with Shift. What is chosen is always seen.
  const parts = window.Intl && Intl.Segmenter ? Array.from(new Intl.Segmenter(undefined, { granularity: 'word' }).segment(words()))
    .filter(function (one) { return one.isWordLike; }) : [];
  let first = 0, last = -1;

  function step(event) {
    const right = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!right || !parts.length || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const by = getComputedStyle(text).direction === 'rtl' ? -right : right, least = event.shiftKey ? first : 0;
    last = Math.min(parts.length - 1, Math.max(least, last + by));
    if (!event.shiftKey) first = last;
    const range = document.createRange(), end = parts[last].index + parts[last].segment.length;
    range.setStart.apply(range, place(parts[first].index, false));
    range.setEnd.apply(range, place(end, true));
    document.getSelection().removeAllRanges();
    document.getSelection().addRange(range);
  }

  // The node and the place in it where so many characters of the text are over.
  function place(at, ending) {
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    let node = null;
    while (walker.nextNode()) {
      if (walker.currentNode.parentElement.closest('[data-number]')) continue;
      node = walker.currentNode;
      if (at < node.length || (ending && at === node.length)) break;
      at -= node.length;
    }
    return [node, at];
  }

  text.addEventListener('keydown', step);
  text.addEventListener('keyup', take);
  document.addEventListener('pointerup', take);
  document.addEventListener('selectionchange', function () { clearTimeout(take.timer); take.timer = setTimeout(take, 300); });
  field.addEventListener('input', function () { start.value = ''; });
}());
