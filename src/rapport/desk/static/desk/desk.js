// The desk: keys, the map that sets a place, live figures, leases. Every page works without this script.
(function () {
  'use strict';
  const desk = document.querySelector('[data-desk]');
  if (!desk) return;
  const EVERY = 5000, SLOWEST = 60000;
  const SOON = 180; // seconds: a lease that ends sooner is renewed while somebody writes
  const one = function (selector, from) { return (from || desk).querySelector(selector); };
  const all = function (selector, from) { return Array.from((from || desk).querySelectorAll(selector)); };

  keys();
  sendOnce();
  all('[data-map]').forEach(place);
  live();

  // --- keys ---------------------------------------------------------------------------------------------------------

  function keys() {
    const help = one('[data-key="?"]'), card = document.getElementById('keys');
    help.hidden = false;
    help.addEventListener('click', function () { card.showModal(); });
    document.addEventListener('keydown', function (event) {
      if (event.defaultPrevented || event.altKey) return;
      if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') { send(event); return; }
      if (event.ctrlKey || event.metaKey || card.open) return;
      if (writing(event.target)) { if (event.key === 'Escape') event.target.blur(); return; }
      const target = all('[data-key="' + CSS.escape(event.key) + '"]')[0];
      if (!target || target.disabled) return;
      event.preventDefault();
      press(target, event.repeat);
    });
  }

  function writing(element) {
    if (element.isContentEditable || element.closest('.leaflet-container')) return true;
    if (element.tagName === 'INPUT') return !/^(checkbox|radio|submit|button)$/.test(element.type);
    return /^(TEXTAREA|SELECT)$/.test(element.tagName);
  }

  function press(target, held) {
    if (held) return; // a key that is kept down decides once
    if (target.matches('input')) { target.focus(); target.select(); return; }
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

    function set(at) {
      const wrapped = at.wrap();
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
    const list = document.getElementById('places'), units = list.innerHTML;
    let timer = 0, asked = 0, known = [];
    const choose = function () {
      const spot = known.find(function (spot) { return label(spot) === input.value || spot.name === input.value; });
      if (spot) use([spot.lon, spot.lat, spot.precision, spot.radius_m, spot.pcode, '', spot.name]);
      return Boolean(spot);
    };
    const look = function () {
      const mine = ++asked;
      return fetch(desk.dataset.pulse.replace(/pulse$/, 'places') + '?q=' + encodeURIComponent(input.value))
        .then(function (answer) { return answer.json(); })
        .then(function (answer) {
          if (mine !== asked) return;
          known = answer.places;
          list.replaceChildren.apply(list, known.map(function (spot) { return new Option('', label(spot)); }));
        }, function () { list.innerHTML = units; });
    };
    input.addEventListener('input', function () {
      if (choose()) return;
      clearTimeout(timer);
      if (input.value.length > 1) timer = setTimeout(look, 150);
    });
    input.addEventListener('keydown', function (event) {
      if (event.key !== 'Enter' || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      look().then(function () { if (!choose() && known[0]) { input.value = known[0].name; choose(); } });
    });
    const button = one('[data-look]', form);
    if (button) button.addEventListener('click', function (event) {
      event.preventDefault();
      look().then(function () { if (!choose() && known[0]) { input.value = known[0].name; choose(); } });
    });
  }

  function label(spot) { return spot.pcode ? spot.name + ' (' + spot.pcode + ')' : spot.name; }

  // --- live ---------------------------------------------------------------------------------------------------------

  function live() {
    const report = one('[data-report]'), lost = one('[data-lost]'), more = one('[data-more]');
    const at = desk.dataset.pulse + (report ? '?report=' + encodeURIComponent(report.dataset.report) : '');
    const first = one('[data-waiting]') && Number(one('[data-waiting]').textContent);
    let wait = EVERY, wrote = 0;
    desk.addEventListener('input', function () { wrote = Date.now(); });

    function look() {
      if (document.hidden) { setTimeout(look, wait); return; }
      fetch(at, { headers: { Accept: 'application/json' } })
        .then(function (answer) { if (!answer.ok || answer.redirected) throw new Error(answer.status); return answer.json(); })
        .then(function (pulse) { wait = EVERY; if (lost) lost.hidden = true; show(pulse); },
          function () { wait = Math.min(SLOWEST, wait * 2); if (lost) lost.hidden = false; })
        .then(function () { setTimeout(look, wait); });
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
      else if (!mine && now.holder && !now.mine) text = now.holder + ' works on this report until ' + now.until + '.';
      if (note.textContent !== text) note.textContent = text;
      note.hidden = !text;
      if (shown && now.mine) shown.textContent = 'yours until ' + now.until.replace(/^.* /, '');
      if (now.mine && now.left_s < SOON && Date.now() - wrote < 60000) extend();
    }

    function extend() {
      const form = one('[data-extend]');
      if (form) fetch(form.action, { method: 'POST', body: new FormData(form), redirect: 'manual' }).catch(function () {});
    }

    look();
  }

  function age(seconds) {
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return minutes + ' min';
    return minutes < 2880 ? Math.floor(minutes / 60) + ' h' : Math.floor(minutes / 1440) + ' d';
  }
})();
