// Without script keys do nothing, so none is shown: see desk.css.
document.documentElement.dataset.keys = '1';
// Runs before the page is drawn: notes that somebody types already, while no key means anything yet (see desk.js).
addEventListener('keydown', function () { document.documentElement.dataset.typedAt = Date.now(); }, true);
