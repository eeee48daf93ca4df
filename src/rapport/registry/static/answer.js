// A sheet of questions and a bad line: what is typed is kept on this device until the server has it, and sent when the
// line is back. Without this script each section is sent as ever.
(function () {
  'use strict';
  const sheet = document.querySelector('[data-sheet]');
  if (!sheet || !window.fetch || !window.localStorage) return;
  const AGAIN = 20000; // ms between tries while there is no line
  const PATIENCE = 20000; // ms until a line that does not answer counts as lost
  const say = sheet.dataset, state = sheet.querySelector('.line-state');
  const forms = Array.from(sheet.querySelectorAll('form[data-section]')).filter(function (form) {
    return !form.querySelector('fieldset[disabled]');
  });
  document.querySelectorAll('.only-script').forEach(function (one) { one.hidden = false; });

  function key(form) { return 'rapport-sheet:' + say.sheet + ':' + form.dataset.section; }
  function tell(text, wrong) { state.textContent = text; state.classList.toggle('note', Boolean(text)); state.classList.toggle('warning', Boolean(wrong)); }
  function seen(form) { return form.elements.seen.value; }
  function kept(form) { try { return JSON.parse(localStorage.getItem(key(form)) || 'null'); } catch (error) { return null; } }
  function forget(form) { localStorage.removeItem(key(form)); }
  function typed(form) {
    return Array.from(new FormData(form)).filter(function (pair) {
      return !['csrfmiddlewaretoken', 'seen', 'section'].includes(pair[0]);
    });
  }
  function keep(form) {
    try { localStorage.setItem(key(form), JSON.stringify({ seen: seen(form), fields: typed(form) })); } catch (error) { return; }
    tell(say.kept);
  }

  // What was typed is kept: the page, loaded again, offers it beside what the sheet says by then.
  function look(text) {
    tell(text, true);
    const link = document.createElement('a');
    link.href = location.href;
    link.textContent = say.look;
    state.append(' ', link);
  }

  // What was typed before is put back into its fields; a row that the page has no line for stays kept.
  function bring(form, fields) {
    const given = new Map();
    fields.forEach(function (pair) { given.set(pair[0], (given.get(pair[0]) || []).concat(pair[1])); });
    Array.from(form.elements).forEach(function (field) {
      if (!field.name || field.type === 'hidden' || field.type === 'submit' || field.tagName === 'FIELDSET') return;
      const values = given.get(field.name) || [];
      if (field.type === 'radio' || field.type === 'checkbox') field.checked = values.includes(field.value);
      else field.value = values[0] || '';
    });
  }

  function offer(form, entry) {
    if (entry.seen === seen(form)) { bring(form, entry.fields); tell(say.back); return; }
    const note = document.createElement('div');
    note.className = 'note warning';
    note.append(say.differs + ' ');
    [[say.use, function () { bring(form, entry.fields); keep(form); }], [say.drop, function () { forget(form); }]].forEach(function (one) {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = one[0];
      button.addEventListener('click', function () { one[1](); note.remove(); });
      note.append(button, ' ');
    });
    form.prepend(note);
  }

  function mark(form, faults) {
    form.querySelectorAll('.error').forEach(function (one) { one.remove(); });
    Object.entries(faults).forEach(function (pair) {
      const asked = form.querySelector('[data-code="' + CSS.escape(pair[0]) + '"]') || form;
      const error = document.createElement('p');
      error.className = 'error';
      error.textContent = pair[1];
      asked.insertBefore(error, asked.children[1] || null);
    });
    const first = form.querySelector('.error');
    if (first) first.scrollIntoView({ block: 'center' });
  }

  // True when the server has the section as it is; false when something of it is still to be mended or sent.
  async function send(form) {
    const before = JSON.stringify(typed(form));
    keep(form);
    tell(say.sending);
    let answer;
    try {
      answer = await fetch(form.action, { method: 'POST', body: new FormData(form), headers: { 'X-Requested-With': 'rapport' },
        signal: AbortSignal.timeout(PATIENCE) });
    } catch (error) { tell(say.lost, true); return false; }
    if (answer.status === 409) { look((await answer.json()).conflict); return false; }
    if (answer.status >= 500) { tell(say.lost, true); return false; }
    if (!answer.ok) { look(say.refused); return false; }
    const said = await answer.json();
    form.elements.seen.value = said.seen;
    if (JSON.stringify(typed(form)) === before) forget(form); else keep(form);
    mark(form, said.faults);
    const wrong = Object.keys(said.faults).length > 0;
    tell(wrong ? say.wrong : say.saved, wrong);
    return !wrong;
  }

  async function sendAll() {
    let all = true;
    for (const form of forms) if (kept(form)) all = await send(form) && all;
    return all;
  }

  forms.forEach(function (form) {
    const entry = kept(form);
    if (entry) offer(form, entry);
    form.addEventListener('input', function () { keep(form); });
    form.addEventListener('submit', async function (event) {
      event.preventDefault();
      const then = event.submitter ? event.submitter.value : '';
      if (await send(form) && then) location.search = '?section=' + encodeURIComponent(then);
    });
  });
  const handIn = document.querySelector('#hand-in + form');
  if (handIn) handIn.addEventListener('submit', async function (event) {
    if (!forms.some(kept)) return;
    event.preventDefault();
    if (await sendAll()) handIn.submit();
  });
  addEventListener('online', sendAll);
  setInterval(function () { if (state.textContent === say.lost && navigator.onLine) sendAll(); }, AGAIN);
})();
