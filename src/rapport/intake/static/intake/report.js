// The form of a report: offers the position of the device; keeps what is sent on the phone until it has arrived (queue.js).
// The form works without it.
(() => {
  'use strict';
  const form = document.getElementById('report'), words = document.getElementById('words').dataset;
  const by = (id) => document.getElementById(id);
  const say = (text) => { by('said').textContent = text; by('said').hidden = !text; };
  position();
  Kept.all().then(start, () => {}); // a browser that keeps nothing has the plain form

  function position() {
    const offer = by('locate'), status = offer.querySelector('[role=status]');
    if (!navigator.geolocation || !window.isSecureContext) return;
    offer.hidden = false;
    offer.querySelector('button').addEventListener('click', () => {
      status.textContent = offer.dataset.wait;
      navigator.geolocation.getCurrentPosition(
        ({ coords }) => {
          // Five decimals are about a metre.
          by('lat').value = coords.latitude.toFixed(5);
          by('lon').value = coords.longitude.toFixed(5);
          by('coordinates').open = true;
          status.textContent = offer.dataset.done;
        },
        () => { status.textContent = offer.dataset.failed; },
        { enableHighAccuracy: true, timeout: 20000, maximumAge: 60000 },
      );
    });
  }

  function start() {
    const EVERY = 5000; // ms between looks at what is due
    const LONG = 10000; // ms until a report that is on its way lets go of the form
    let current = Kept.newId(), written = Date.now(), files = []; // files: of a report that is changed
    let busy = false, again = false; // again: sent once more while a report is on its way

    form.addEventListener('submit', (event) => { event.preventDefault(); if (busy) again = true; else submit(); });
    by('send-now').addEventListener('click', sendNow);
    by('delete-all').addEventListener('click', deleteAll);
    addEventListener('online', () => { say(''); Kept.sendAll(true); });
    addEventListener('offline', () => say(words.offline));
    Kept.onchange(show);
    if (!navigator.onLine) say(words.offline);
    if (navigator.serviceWorker) navigator.serviceWorker.register(form.dataset.worker, { scope: form.getAttribute('action'), updateViaCache: 'none' }).catch(() => {});
    show();
    Kept.sendAll(true);
    setInterval(() => Kept.sendAll(false), EVERY);

    // --- sending ----------------------------------------------------------------------------------------------------

    async function submit() {
      const before = filled();
      busy = true;
      form.setAttribute('aria-busy', 'true');
      await attempt(before).catch(() => say(words.unreadable));
      form.removeAttribute('aria-busy');
      busy = false;
      const next = again && form.elements.text.value.trim() && filled() !== before; // else it was a second tap
      again = false;
      if (next) submit();
    }

    async function attempt(before) {
      const given = form.elements, chosen = [...given.files.files, ...given.photo.files];
      const taken = files.filter((file, index) => by('kept-file-' + index).checked);
      wrong({}, '');
      const problem = tooMuch([...taken.map((file) => file.bytes.byteLength), ...chosen.map((file) => file.size)]);
      if (!given.text.value.trim() || problem) {
        wrong({ ...(given.text.value.trim() ? {} : { text: [words.required] }), ...(problem ? { files: [problem] } : {}) }, '');
        return;
      }
      say(words.sending);
      // Before the pictures are read, which takes a while: what is typed meanwhile belongs to the next report.
      const fields = [...new FormData(form)].filter(([name, value]) => typeof value === 'string' && name !== 'form_id');
      const read = await Promise.all(chosen.map(async (file) => ({ name: file.name, type: file.type, bytes: await file.arrayBuffer() })));
      const report = { id: current, address: form.getAttribute('action'), at: written, state: 'waiting', version: 1, fields, files: [...taken, ...read], tries: 0, next: 0 };
      let room = true;
      await Kept.keep(report).catch(() => { room = false; });
      const sent = room ? Kept.send(report) : Kept.deliver(report);
      const outcome = await Promise.race([sent, ...(room ? [new Promise((resolve) => setTimeout(resolve, LONG, { state: 'waiting' }))] : [])]);
      if (outcome.state === 'refused') { current = report.id; show(); wrong(outcome.errors, outcome.problem); return; }
      if (outcome.state === 'waiting' && !room) { say(words.noroom); by('said').focus(); return; }
      const goesOn = filled() !== before; // the next report was begun while this one was on its way
      if (goesOn) next(chosen); else anew();
      if (outcome.state === 'sent' && goesOn) { say(words.arrived + ' ' + outcome.ref); return; }
      if (outcome.state === 'sent') { location.assign(outcome.address); return; }
      say(outcome.state === 'other' ? words.other : words.kept);
      if (outcome.state === 'other') Kept.sendAll(true);
      if (!goesOn) by('said').focus();
      if (navigator.storage && navigator.storage.persist) navigator.storage.persist();
      inBackground();
      sent.then((late) => { if (late.state === 'sent') say(words.arrived + ' ' + late.ref); });
    }

    function inBackground() {
      if (navigator.serviceWorker) navigator.serviceWorker.ready.then((worker) => worker.sync && worker.sync.register('reports')).catch(() => {});
    }

    function tooMuch(sizes) {
      const [most, one, together] = words.most.split(' ').map(Number);
      if (sizes.length > most) return words.toomany;
      if (sizes.some((size) => size > one)) return words.toolarge;
      if (sizes.some((size) => !size)) return words.empty;
      return sizes.reduce((sum, size) => sum + size, 0) > together ? words.together : '';
    }

    async function sendNow() {
      say(words.sending);
      const left = await Kept.sendAll(true);
      say(left ? words.stillkept : '');
    }

    function anew() {
      form.reset();
      next([]);
    }

    // A new report, with what stands in the form but the files that have gone.
    function next(gone) {
      [form.elements.files, form.elements.photo].forEach((input) => { if ([...input.files].some((file) => gone.includes(file))) input.value = ''; });
      current = Kept.newId();
      written = Date.now();
      carry([]);
      show();
    }

    // What stands in the form, to see whether it has changed.
    function filled() {
      return JSON.stringify([...new FormData(form)].map(([name, value]) => typeof value === 'string' ? [name, value] : [name, value.name, value.size]));
    }

    // --- what is wrong, as the server's page shows it ---------------------------------------------------------------

    function wrong(errors, problem) {
      document.querySelectorAll('#wrong, form [id$="-error"]').forEach((note) => note.remove());
      form.querySelectorAll('[aria-invalid]').forEach((input) => {
        input.removeAttribute('aria-invalid');
        input.setAttribute('aria-describedby', (input.getAttribute('aria-describedby') || '').replace(/\S+-error/, '').trim());
      });
      const names = Object.keys(errors);
      if (!names.length && !problem) return;
      say('');
      const note = element('div', '', 'note wrong'), list = document.createElement('ul');
      note.id = 'wrong';
      note.tabIndex = -1;
      note.setAttribute('role', 'alert');
      note.append(element('p', problem || words.wrong));
      names.forEach((name) => {
        const input = by(name), label = name === '__all__' || !input ? '' : about(name, input);
        const line = document.createElement('li'), link = element('a', label);
        link.href = '#' + name;
        if (label) line.append(link, ': ');
        line.append(errors[name].join(' '));
        list.append(line);
        if (input) mark(input, name, errors[name]);
      });
      if (names.length) note.append(list);
      form.before(note);
      note.focus();
    }

    function about(name, input) {
      const label = form.querySelector('label[for="' + name + '"]') || input.querySelector('legend');
      return label ? label.textContent : name;
    }

    function mark(input, name, errors) {
      const said = document.createElement('div'), place = input.matches('fieldset') ? input.querySelector('legend').nextSibling : input;
      said.id = name + '-error';
      errors.forEach((text) => said.append(element('p', text, 'error')));
      place.before(said);
      input.setAttribute('aria-describedby', ((input.getAttribute('aria-describedby') || '') + ' ' + said.id).trim());
      if (!input.matches('fieldset')) input.setAttribute('aria-invalid', 'true');
      const closed = input.closest('details');
      if (closed) closed.open = true;
    }

    // --- what is kept -----------------------------------------------------------------------------------------------

    async function show() {
      const found = (await Kept.all()).filter((report) => report.address === form.getAttribute('action')), sent = found.filter((report) => report.state === 'sent'), rest = found.filter((report) => report.state !== 'sent');
      const shown = rest.filter((report) => report.id !== current);
      by('kept').hidden = !shown.length && !sent.length;
      by('kept-list').replaceChildren(...shown.map(line));
      by('sent').hidden = !sent.length;
      by('sent-count').textContent = sent.length;
      by('sent-list').replaceChildren(...sent.reverse().map((report) => {
        const item = element('li', moment(report.at) + ' ');
        item.append(element('code', report.ref));
        return item;
      }));
      by('send-now').hidden = !shown.some((report) => report.state === 'waiting');
    }

    function line(report) {
      const item = by('kept-one').content.firstElementChild.cloneNode(true);
      const part = (name) => item.querySelector('[data-part=' + name + ']');
      const text = (report.fields.find(([name]) => name === 'text') || ['', ''])[1];
      const size = report.files.reduce((sum, file) => sum + file.bytes.byteLength, 0);
      part('text').textContent = text.length > 120 ? text.slice(0, 120) + ' …' : text;
      part('state').textContent = words[report.state];
      part('at').textContent = moment(report.at);
      part('files').textContent = report.files.length ? words.files + ' ' + report.files.length + ' (' + Math.ceil(size / 1024) + ' KB)' : '';
      const why = report.state === 'refused' ? [report.problem, ...Object.values(report.errors).flat()].filter(Boolean) : [];
      if (why.length) part('why').replaceChildren(...why.map((reason) => element('p', reason, 'error')));
      else part('why').remove();
      part('change').addEventListener('click', () => edit(report));
      part('change').append(element('span', ': ' + part('text').textContent, 'visually-hidden'));
      part('delete').addEventListener('click', async () => {
        if (!confirm(words.sure)) return;
        await Kept.remove(report.id);
        say(words.deleted);
        by('said').focus();
      });
      part('delete').append(element('span', ': ' + part('text').textContent, 'visually-hidden'));
      part('free').hidden = report.state !== 'held';
      part('free').addEventListener('click', async () => { await Kept.free(report.id); sendNow(); });
      return item;
    }

    async function edit(report) {
      if (form.elements.text.value.trim() && !confirm(words.replace)) return;
      await Kept.hold(report.id);
      form.reset();
      wrong({}, '');
      current = report.id;
      written = report.at;
      report.fields.forEach(([name, value]) => {
        form.querySelectorAll('[name="' + CSS.escape(name) + '"]').forEach((input) => {
          if (input.type === 'checkbox') input.checked = input.checked || input.value === value;
          else input.value = value;
          if (input.closest('details') && (input.type === 'checkbox' ? input.checked : value)) input.closest('details').open = true;
        });
      });
      carry(report.files);
      await show();
      if (report.state === 'refused') wrong(report.errors, report.problem);
      else form.elements.text.focus();
    }

    // The files of a report that is changed: each stays unless it is unticked.
    function carry(kept) {
      files = kept;
      by('kept-files').replaceChildren(...files.map((file, index) => {
        const label = element('label', '', 'check'), box = document.createElement('input');
        box.type = 'checkbox';
        box.checked = true;
        box.id = 'kept-file-' + index;
        label.append(box, words.keepfile + ' ', element('bdi', file.name || file.type));
        return label;
      }));
    }

    async function deleteAll() {
      const waiting = (await Kept.all()).some((report) => report.state !== 'sent');
      if (waiting && !confirm(words.notsent)) return;
      await Kept.removeAll();
      anew();
      say(words.deleted);
      by('said').focus();
    }

    function moment(at) { return new Date(at).toLocaleString(document.documentElement.lang, { dateStyle: 'medium', timeStyle: 'short' }); }

    function element(name, text, kind) {
      const made = document.createElement(name);
      made.textContent = text;
      if (kind) made.className = kind;
      return made;
    }
  }
})();
