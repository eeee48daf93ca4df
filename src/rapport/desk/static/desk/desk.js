// The desk: keys, the map that sets a place, live figures, leases. Every page works without this script.
(function () {
  'use strict';
  const desk = document.querySelector('[data-desk]');
  if (!desk) return;
  const EVERY = 5000, SLOWEST = 60000;
  const PAUSE = 600; // milliseconds without a key, after which letters are no part of a word begun before
  const LOST = 2000; // the same, after a key that means nothing here: whoever writes on writes into no field
  const SOON = 180; // seconds: a lease that ends sooner is renewed while somebody writes
  const one = function (selector, from) { return (from || desk).querySelector(selector); };
  const all = function (selector, from) { return Array.from((from || desk).querySelectorAll(selector)); };

  let digits = null; // the form whose numbered buttons the next digit means
  const said = document.createElement('p'); // what a key has done, for who does not see it
  said.className = 'visually-hidden';
  said.setAttribute('role', 'status');
  desk.append(said);
  // How long a pause must be before letters are commands again; 0 while they are.
  let heldBack = 0;

  keys();
  sendOnce();
  inPlace();
  categories();
  attaching();
  reasons();
  why();
  counting();
  all('[data-map]').forEach(place);
  live();

  // --- keys ---------------------------------------------------------------------------------------------------------

  function keys() {
    const help = one('[data-key="?"]'), card = document.getElementById('keys');
    // Whoever began to write before this script was there must not have the rest of the word taken for commands.
    heldBack = Date.now() - (document.documentElement.dataset.typedAt || 0) < PAUSE ? PAUSE : 0;
    let last = Date.now();
    // Not under a finger: there the field, and the keys that come up with it, would hide what is to be read first.
    const first = one('[data-first]');
    if (first && matchMedia('(pointer: fine)').matches) first.focus();
    help.hidden = false;
    help.addEventListener('click', function () { card.showModal(); });
    document.addEventListener('keydown', function (event) {
      if (Date.now() - last >= heldBack) heldBack = 0;
      last = Date.now();
      if (event.defaultPrevented || event.altKey) return;
      if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') { send(event); return; }
      if (event.ctrlKey || event.metaKey || card.open) return;
      if (writing(event.target)) { if (event.key === 'Escape') event.target.blur(); return; }
      if (heldBack || one('form[aria-busy=true]:not([data-part])')) return; // what was decided is on its way
      const numbered = digits && /^[0-9]$/.test(event.key) && one('[data-digit="' + event.key + '"]', digits);
      digits = null;
      if (numbered) { event.preventDefault(); numbered.click(); return; }
      const target = all('[data-key="' + CSS.escape(event.key) + '"]')[0];
      if (!target || target.disabled) {
        if (event.key.length === 1 && event.key !== ' ') {
          ignored('“' + event.key + '” means nothing here. Letters count again after a pause of two seconds; “?” shows the keys.');
        }
        return;
      }
      event.preventDefault();
      if (event.key === 'u' && one('form[data-part][aria-busy=true], form[data-part][data-kept]')) {
        aside('What you decided last is still on its way: “u” undoes it once it has arrived.'); // and nothing older now
        return;
      }
      press(target, event.repeat);
    });
  }

  // Whoever expects a field and writes on, a question to a sender perhaps, must not decide by its letters.
  function ignored(text) {
    heldBack = LOST;
    aside(text);
  }

  function aside(text) {
    said.textContent = text;
    said.className = 'note warning aside';
    clearTimeout(aside.timer);
    aside.timer = setTimeout(function () { said.className = 'visually-hidden'; }, 2 * LOST);
  }

  function writing(element) {
    if (element.isContentEditable || element.closest('.leaflet-container')) return true;
    if (element.tagName === 'INPUT') return !/^(checkbox|radio|submit|button)$/.test(element.type);
    return /^(TEXTAREA|SELECT)$/.test(element.tagName);
  }

  function press(target, held) {
    if (held) return; // a key that is kept down decides once
    if (target.matches('input')) { target.focus(); target.select(); target.scrollIntoView({ block: 'nearest' }); return; }
    if (target.matches('p')) { // says why what the key stands for cannot be done
      target.scrollIntoView({ block: 'center' });
      target.focus({ preventScroll: true });
      ignored(target.textContent);
      return;
    }
    if (target.matches('form')) { digits = target; one('button', target).focus(); return; }
    if (target.matches('summary')) {
      target.parentElement.open = true;
      one('textarea', target.parentElement).focus();
      return;
    }
    if (target.hash) {
      const section = document.getElementById(target.hash.slice(1));
      section.scrollIntoView({ block: 'center' });
      one('input:not([type=hidden])', section).focus({ preventScroll: true });
      return;
    }
    target.click();
  }

  function send(event) {
    const form = event.target.closest && event.target.closest('form');
    const button = form && (one('[data-submit]', form) || one('button', form));
    if (!button || form.method === 'dialog') return;
    event.preventDefault();
    button.click();
  }

  // A form is sent once; the server treats a second one as the same, too.
  function sendOnce() {
    document.addEventListener('submit', function (event) {
      const form = event.target;
      if (form.method !== 'post' || event.defaultPrevented) return;
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = '1';
      form.setAttribute('aria-busy', 'true');
      setTimeout(function () { delete form.dataset.sent; form.removeAttribute('aria-busy'); }, 8000);
    });
    addEventListener('pageshow', function () { all('form').forEach(function (form) { delete form.dataset.sent; }); });
  }

  // A small form is answered with its part of the page, so that nothing else on it is lost; line.js sends it.
  function inPlace() {
    desk.addEventListener('answered', function (event) { put(event.target.dataset.part, event.detail.html, event.detail.done); });

    function put(name, html, done) {
      const parsed = new DOMParser().parseFromString(html, 'text/html');
      said.textContent = done ? 'Done.' : '';
      // The part itself, and what was decided until now, so that “undo” means the newest.
      Array.from(parsed.body.children).forEach(function (part) {
        const old = document.getElementById(part.id), within = old.contains(document.activeElement);
        old.replaceWith(part);
        if (!within) return; // whoever writes elsewhere by now goes on there
        const typed = !done && part.id === name && one('textarea', part);
        if (!typed) part.tabIndex = -1; // from here Tab goes on, and letters are keys
        (typed || part).focus({ preventScroll: !typed });
      });
      counting();
    }
  }

  // --- choosing by typing ------------------------------------------------------------------------------------------

  // A list below a field. `offer(text)` gives, now or later, [{ label, hint }]; Enter takes the one that is marked, a digit
  // in an empty field the one of that number. With `first` the first one is marked from the start. Whoever presses Enter
  // before the list is there gets the first one; a `careful` list is shown first, unless it holds one only.
  // `none` is said where nothing was found.
  function picker(input, offer, take, first, careful, none) {
    const list = document.createElement('ul');
    list.className = 'options';
    list.id = input.id + '-options';
    list.setAttribute('role', 'listbox');
    list.hidden = true;
    input.removeAttribute('list');
    input.parentElement.classList.add('picking');
    const nothing = document.createElement('p');
    nothing.className = 'options nothing';
    nothing.setAttribute('role', 'status');
    input.after(list, nothing);
    input.setAttribute('role', 'combobox');
    input.setAttribute('aria-autocomplete', 'list');
    input.setAttribute('aria-controls', list.id);
    input.setAttribute('aria-expanded', 'false');
    let options = [], marked = -1, asked = 0, fresh = true;

    function look() {
      const mine = ++asked;
      fresh = false;
      return Promise.resolve(offer(input.value.trim())).catch(function () { return null; }).then(function (found) {
        if (mine === asked) show(found || []);
        if (mine === asked && none && found && !found.length && input.value.trim().length > 1 && document.activeElement === input) nothing.textContent = none;
        return mine === asked;
      });
    }

    function show(found) {
      options = found;
      fresh = true;
      nothing.textContent = '';
      mark(first && found.length && input.value.trim() ? 0 : -1);
      list.replaceChildren.apply(list, found.map(function (option, index) {
        const line = document.createElement('li');
        line.id = list.id + index;
        line.setAttribute('role', 'option');
        line.setAttribute('aria-selected', String(index === marked));
        const label = document.createElement('span');
        label.textContent = option.label;
        line.append(label);
        if (!input.value.trim() && index < 9) { const key = document.createElement('kbd'); key.textContent = index + 1; line.prepend(key, ' '); }
        if (option.hint) { const hint = document.createElement('span'); hint.className = 'hint'; hint.textContent = ' ' + option.hint; line.append(hint); }
        line.addEventListener('pointerdown', function (event) { event.preventDefault(); choose(index); });
        return line;
      }));
      list.hidden = !found.length || document.activeElement !== input;
      input.setAttribute('aria-expanded', String(!list.hidden));
    }

    function mark(index) {
      marked = index;
      Array.from(list.children).forEach(function (line, at) { line.setAttribute('aria-selected', String(at === index)); });
      if (index < 0) input.removeAttribute('aria-activedescendant');
      else {
        input.setAttribute('aria-activedescendant', list.id + index);
        if (list.children[index]) list.children[index].scrollIntoView({ block: 'nearest' });
      }
    }

    function choose(index) {
      const option = options[index];
      if (!option) return;
      close();
      take(option);
    }

    function close() { list.hidden = true; nothing.textContent = ''; input.setAttribute('aria-expanded', 'false'); asked++; }

    input.addEventListener('focus', look);
    input.addEventListener('blur', close);
    input.addEventListener('input', look);
    input.addEventListener('keydown', function (event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        if (options.length) mark((marked + (event.key === 'ArrowDown' ? 1 : options.length - (marked < 0 ? 0 : 1))) % options.length);
      } else if (/^[1-9]$/.test(event.key) && !input.value && options[event.key - 1]) {
        event.preventDefault();
        choose(event.key - 1);
      } else if (event.key === 'Enter' && fresh && marked >= 0) {
        event.preventDefault();
        choose(marked);
      } else if (event.key === 'Enter' && first && input.value.trim()) {
        event.preventDefault();
        if (!fresh) look().then(function (newest) { if (newest && (!careful || options.length === 1)) choose(0); });
      }
    });
  }

  function folded(text) { return text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase(); }

  // The better an option fits what was typed, the smaller the number; 9 for not at all.
  function fit(label, text) {
    const at = (' ' + folded(label)).indexOf(' ' + folded(text));
    return !text ? 0 : at === 0 ? 1 : at > 0 ? 2 : folded(label).includes(folded(text)) ? 3 : 9;
  }

  function best(options, text) {
    const fits = options.map(function (option) { return [fit(option.label, text), option]; });
    return fits.filter(function (pair) { return pair[0] < 9; })
      .sort(function (a, b) { return a[0] - b[0]; }).map(function (pair) { return pair[1]; });
  }

  function categories() {
    const root = one('[data-category-picker]');
    if (!root) return;
    const boxes = all('input[name=categories]');
    const options = boxes.map(function (box) {
      return { label: box.parentElement.querySelector('span').firstChild.textContent.trim(), box: box };
    });
    const input = one('input', root), quick = all('[data-check]');
    root.hidden = false;
    all('[data-quick]').forEach(function (row) { row.hidden = false; });
    const toggle = function (box) {
      box.checked = !box.checked;
      box.dispatchEvent(new Event('change', { bubbles: true }));
      said.textContent = options.find(function (option) { return option.box === box; }).label + (box.checked ? ' chosen' : ' taken out');
    };
    const show = function () {
      quick.forEach(function (button) { button.setAttribute('aria-pressed', String(box(button).checked)); });
    };
    const box = function (button) { return boxes.find(function (box) { return box.value === button.dataset.check; }); };
    quick.forEach(function (button) { button.addEventListener('click', function () { toggle(box(button)); }); });
    boxes.forEach(function (box) { box.addEventListener('change', show); });
    picker(input, function (text) { return text ? best(options, text) : []; }, function (option) {
      if (!option.box.checked) toggle(option.box);
      option.box.scrollIntoView({ block: 'nearest' });
      input.value = '';
      input.blur();
    }, true);
    show();
  }

  // Events suggested for this report, and others by their words.
  function attaching() {
    const input = one('[data-find]'), suggested = all('[data-attach]');
    if (suggested.length) {
      const key = document.createElement('kbd');
      key.textContent = 's';
      suggested[0].dataset.key = 's';
      suggested[0].append(' ', key);
    }
    if (!input) return;
    const form = one('[data-attach-to]');
    const first = function (button, index) { return suggested.findIndex(function (one) { return one.value === button.value; }) === index; };
    const near = suggested.filter(first).map(function (button) { return { label: button.dataset.attach, button: button }; });
    picker(input, function (text) {
      if (text.length < 2) return near;
      return fetch(desk.dataset.pulse.replace(/pulse$/, 'find-events') + '?q=' + encodeURIComponent(text))
        .then(function (answer) { return answer.json(); })
        .then(function (answer) {
          return answer.events.map(function (event) {
            const publication = event.publication === 'published' ? '' : event.publication, closed = event.closed ? 'only a verifier attaches to it' : '';
            return { label: event.called, hint: [event.place, publication, closed].filter(Boolean).join(' · '), ref: event.ref };
          });
        });
    }, function (option) {
      if (option.button) { option.button.click(); return; }
      form.elements.event.value = option.ref;
      form.requestSubmit();
    }, true, true, 'No event found: try other words of its title, category or place, or its reference.');
  }

  function reasons() {
    const input = one('[data-reasons]');
    if (!input) return;
    const options = all('#reasons option').map(function (option) { return { label: option.value }; });
    picker(input, function (text) { return best(options, text); }, function (option) {
      input.value = option.label;
      input.form.requestSubmit();
    }, false);
  }

  // What speaks for a suggestion, marked in the text where that stands; without an answer the link leads there as ever.
  function why() {
    const original = one('[data-original]'), next = one('[data-whys]');
    if (!original) return;
    let asked = null; // the link whose reasons are shown
    next.hidden = !one('[data-why]');
    next.addEventListener('click', function () {
      const links = all('[data-why]');
      show(links[(links.indexOf(asked) + 1) % links.length]);
    });
    desk.addEventListener('click', function (event) {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      const link = event.target.closest('[data-why]'), close = event.target.closest('[data-why-close]');
      if (!link && !close) return;
      event.preventDefault();
      if (link) show(link);
      else hide();
    });
    desk.addEventListener('keydown', function (event) {
      if (event.key === 'Escape' && event.target.closest('#why')) hide();
    });

    function show(link) {
      asked = link;
      fetch(link.href, { headers: { 'X-Part': '1' } }).then(function (answer) {
        if (!answer.ok || answer.redirected) throw new Error(answer.status);
        return answer.text();
      }).then(function (html) {
        if (asked !== link) return;
        document.getElementById('why').replaceWith(new DOMParser().parseFromString(html, 'text/html').getElementById('why'));
        original.hidden = true;
        const title = document.getElementById('why-title');
        title.scrollIntoView({ block: 'nearest' });
        title.focus({ preventScroll: true });
      }).catch(function () { location.assign(link.href); });
    }

    function hide() {
      document.getElementById('why').hidden = true;
      original.hidden = false;
      if (asked) asked.focus();
    }
  }

  // --- an SMS ------------------------------------------------------------------------------------------------------

  // Letters of the GSM alphabet (3GPP TS 23.038): 160 fit into one SMS, 70 with any other letter.
  const GSM = '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
  const TWICE = '\f^{}\\[~]|€';

  function counting() {
    all('[data-sms]').forEach(function (text) {
      if (text.dataset.counted) return;
      text.dataset.counted = '1';
      const shown = document.getElementById(text.getAttribute('aria-describedby')), hint = shown.textContent;
      const ready = one('[data-ready]', text.form);
      const count = function () { shown.textContent = text.value ? length(text.value, text.maxLength) + '. ' + hint.replace(/^[^.]*\. /, '') : hint; };
      text.addEventListener('input', count);
      if (ready) ready.addEventListener('change', function () {
        const chosen = ready.selectedOptions[0];
        if (!ready.value) return;
        text.value = chosen.dataset.text;
        text.form.elements.language.value = ready.value;
        count();
      });
    });
  }

  function length(text, most) {
    const letters = Array.from(text);
    const other = letters.find(function (letter) { return !GSM.includes(letter) && !TWICE.includes(letter); });
    const units = other ? text.length : letters.reduce(function (sum, letter) { return sum + (TWICE.includes(letter) ? 2 : 1); }, 0);
    const room = other ? [70, 67] : [160, 153], parts = units <= room[0] ? 1 : Math.ceil(units / room[1]);
    return text.length + ' of ' + most + ' characters, ' + parts + ' SMS' + (other ? ' (“' + other + '” makes an SMS hold 70 only)' : '');
  }

  // --- the place ----------------------------------------------------------------------------------------------------

  function place(root) {
    if (!window.L) return;
    const form = root.closest('form');
    const field = function (name) { return form.elements[name]; };
    const USUAL = { 1: 50, 2: 300, 3: 2000, 4: 5000, 5: 10000, 6: 40000, 7: 150000 };
    const box = root.dataset.box.split(',').map(Number);
    root.hidden = false;
    root.setAttribute('role', 'application');
    root.setAttribute('aria-label', 'Map: click to set the place');
    const map = L.map(root, { minZoom: 2, maxZoom: 18, zoomSnap: 0.5, worldCopyJump: true });
    map.attributionControl.setPrefix(false);
    map.fitBounds([[box[1], box[0]], [box[3], box[2] < box[0] ? box[2] + 360 : box[2]]]);
    L.control.scale({ imperial: false }).addTo(map);
    base();
    const words = L.layerGroup().addTo(map);
    let asked = 0;
    map.on('moveend', named);
    const ring = L.circle([0, 0], { radius: 1, className: 'area', interactive: false });
    const point = L.marker([0, 0], { draggable: true, keyboard: false, icon: L.divIcon({ className: 'point', iconSize: [18, 18] }) });

    function base() {
      map.createPane('land').style.zIndex = 150;
      fetch('/basemap/' + root.dataset.operation + '.json').then(function (answer) { return answer.json(); }).then(function (land) {
        L.geoJSON(land, { pane: 'land', interactive: false, style: function (feature) {
          return { className: feature.geometry.type.includes('Polygon') ? 'land' : 'borders' };
        } }).addTo(map);
      }, function () { root.dataset.bare = '1'; });
      if (root.dataset.tiles) L.tileLayer(root.dataset.tiles, { maxZoom: 19 }).addTo(map);
    }

    // Names of places, the larger first, as far as they do not cover each other: to place by what the sender says.
    function named() {
      const mine = ++asked, seen = map.getBounds();
      const box = [seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()].map(function (side) { return side.toFixed(2); });
      if (seen.getEast() - seen.getWest() > 20) { words.clearLayers(); return; }
      fetch('/' + root.dataset.operation + '/places.json?bbox=' + box.join()).then(function (answer) { return answer.json(); }).then(function (answer) {
        if (mine !== asked) return;
        const taken = [];
        words.clearLayers();
        answer.places.forEach(function (place) {
          const at = map.latLngToContainerPoint([place.lat, place.lon]), wide = 4.5 * place.name.length + 12;
          if (taken.length > 30 || taken.some(function (other) { return Math.abs(at.x - other.x) < wide + other.wide && Math.abs(at.y - other.y) < 26; })) return;
          taken.push({ x: at.x, y: at.y, wide: wide });
          const text = document.createElement('span');
          text.textContent = place.name;
          L.marker([place.lat, place.lon], { interactive: false, keyboard: false, pane: 'shadowPane',
            icon: L.divIcon({ html: text, className: 'name level-' + place.level, iconSize: null }) }).addTo(words);
        });
      }, function () { words.clearLayers(); });
    }

    function radius() { return Number(field('radius_m').value) || USUAL[field('precision').value]; }

    function draw(move) {
      const lat = parseFloat(field('lat').value), lon = parseFloat(field('lon').value);
      if (!isFinite(lat) || !isFinite(lon) || Math.abs(lat) > 90) { ring.remove(); point.remove(); return; }
      ring.setLatLng([lat, lon]).setRadius(radius()).addTo(map);
      point.setLatLng([lat, lon]).addTo(map);
      if (move) map.fitBounds(ring.getBounds().pad(1.5), { maxZoom: 15, animate: false });
    }

    // A name belongs to its point: one set outside the place that was named is another place.
    function set(at) {
      const wrapped = at.wrap(), before = L.latLng(parseFloat(field('lat').value) || 0, parseFloat(field('lon').value) || 0);
      if (field('filled_in').value && field('place_name').value && before.distanceTo(wrapped) > radius()) {
        field('place_name').value = '';
        field('filled_in').value = '';
        said.textContent = 'The name of the place is taken out: it lay elsewhere.';
      }
      field('lat').value = wrapped.lat.toFixed(6);
      field('lon').value = wrapped.lng.toFixed(6);
      field('pcode').value = '';
      field('suggestion').value = '';
      draw(false);
    }

    // A place from a list: longitude, latitude, precision, radius, P-code, suggestion, name.
    function use(parts) {
      ['lon', 'lat', 'precision', 'radius_m', 'pcode', 'suggestion', 'place_name'].forEach(function (name, index) {
        field(name).value = parts[index];
      });
      field('filled_in').value = Number(parts[0]).toFixed(6) + ',' + Number(parts[1]).toFixed(6) + ' ' + parts[6];
      draw(true);
    }

    map.on('click', function (event) { set(event.latlng); });
    point.on('drag', function () { ring.setLatLng(point.getLatLng()); });
    point.on('dragend', function () { set(point.getLatLng()); });
    ['lat', 'lon', 'radius_m'].forEach(function (name) { field(name).addEventListener('change', function () { draw(true); }); });
    field('precision').addEventListener('change', function () { field('radius_m').value = USUAL[field('precision').value]; draw(true); });
    form.addEventListener('click', function (event) {
      const button = event.target.closest('[data-use]');
      if (!button) return;
      event.preventDefault();
      const parts = button.value.split('|');
      use(parts.slice(0, 6).concat(parts.slice(6).join('|')));
    });
    const offered = all('[data-use]', form), other = one('[data-other]', form);
    if (offered.length && other) {
      let shown = offered.findIndex(function (button) { return button.value.startsWith(field('lon').value + '|' + field('lat').value + '|'); });
      other.hidden = offered.length === 1 && shown === 0;
      other.addEventListener('click', function () {
        shown = (shown + 1) % offered.length;
        offered[shown].click();
        said.textContent = field('place_name').value;
      });
    }
    const none = one('[data-noplace]', form);
    none.hidden = false;
    none.addEventListener('click', function () {
      ['lat', 'lon', 'radius_m', 'pcode', 'place_name', 'suggestion'].forEach(function (name) { field(name).value = ''; });
      draw(false);
    });
    names(form, field('place_name'), use);
    draw(true);
  }

  // Names of places as they are typed; choosing one sets the point.
  function names(form, input, use) {
    const take = function (option) {
      const spot = option.spot;
      use([spot.lon, spot.lat, spot.precision, spot.radius_m, spot.pcode, '', spot.name]);
      input.blur();
    };
    const look = function (text) {
      if (text.length < 2) return [];
      return fetch(desk.dataset.pulse.replace(/pulse$/, 'places') + '?q=' + encodeURIComponent(text))
        .then(function (answer) { return answer.json(); })
        .then(function (answer) { return answer.places.map(function (spot) { return { label: label(spot), hint: '', spot: spot }; }); });
    };
    picker(input, look, take, true, false, 'No place found: try a shorter piece of the name, or click on the map and tick “Remember this name”.');
    const button = one('[data-look]', form);
    if (button) button.addEventListener('click', function (event) {
      event.preventDefault();
      look(input.value.trim()).then(function (found) { if (found.length) take(found[0]); });
    });
  }

  function label(spot) { return spot.pcode ? spot.name + ' (' + spot.pcode + ')' : spot.name; }

  // --- live ---------------------------------------------------------------------------------------------------------

  function live() {
    const report = one('[data-report]'), lost = one('[data-lost]'), more = one('[data-more]');
    const at = desk.dataset.pulse + (report ? '?report=' + encodeURIComponent(report.dataset.report) : '');
    const first = one('[data-waiting]') && Number(one('[data-waiting]').textContent);
    let wait = EVERY, wrote = 0, next = 0;
    desk.addEventListener('input', function () { wrote = Date.now(); });

    function look() {
      clearTimeout(next);
      if (document.hidden) { next = setTimeout(look, wait); return; }
      fetch(at, { headers: { Accept: 'application/json' } })
        .then(function (answer) { if (!answer.ok || answer.redirected) throw new Error(answer.status); return answer.json(); })
        .then(function (pulse) { wait = EVERY; if (lost) lost.hidden = true; show(pulse); },
          function () { wait = Math.min(SLOWEST, wait * 2); if (lost) lost.hidden = false; })
        .then(function () { clearTimeout(next); next = setTimeout(look, wait); });
    }

    function show(pulse) {
      put('[data-waiting]', pulse.waiting);
      put('[data-held]', pulse.held);
      const oldest = one('[data-oldest]');
      if (oldest) {
        oldest.parentElement.hidden = pulse.oldest_s === null;
        oldest.textContent = age(pulse.oldest_s || 0);
      }
      if (more) more.hidden = !(pulse.waiting > first);
      const news = one('[data-glass-news]');
      if (news) news.hidden = !(pulse.glass > Number(news.dataset.glassNews));
      if (pulse.report) lease(pulse.report);
    }

    function put(selector, value) {
      const element = one(selector);
      if (element && element.textContent !== String(value)) element.textContent = value;
    }

    // Tells early that somebody else has it, before a person writes for nothing.
    function lease(now) {
      const note = one('[data-taken]'), shown = one('[data-lease]'), mine = report.dataset.mine;
      let text = '';
      if (report.dataset.standing === 'waiting' && now.standing !== 'waiting') text = now.said;
      else if (mine && now.holder && !now.mine) text = now.holder + ' took this report over, until ' + now.until + '. Your time had ended.';
      else if (mine && !now.holder) text = 'Your ten minutes have ended. Nobody else has taken the report: “10 more minutes” makes it yours again.';
      else if (!mine && now.holder && !now.mine) text = now.holder + ' works on this report until ' + now.until.replace(/^.* /, '') + '. Take another one, or come back then.';
      if (note.textContent !== text) note.textContent = text;
      note.hidden = !text;
      if (shown && now.mine) shown.textContent = 'yours until ' + now.until.replace(/^.* /, '');
      if (now.mine && now.left_s < SOON && Date.now() - wrote < 60000) extend();
    }

    function extend() {
      const form = one('[data-extend]');
      if (form) fetch(form.action, { method: 'POST', body: new FormData(form), redirect: 'manual' }).catch(function () {});
    }

    addEventListener('online', look);
    look();
  }

  function age(seconds) {
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return minutes + ' min';
    return minutes < 2880 ? Math.floor(minutes / 60) + ' h' : Math.floor(minutes / 1440) + ' d';
  }
})();
