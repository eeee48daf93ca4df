// The map: land and names from this server, clusters as it counts them. Without this script the page shows a drawing.
(function () {
  'use strict';
  const root = document.getElementById('map');
  // Not on a phone that shows the list, and not for a reader who asked for little data.
  if (!root || !root.offsetParent || (navigator.connection && navigator.connection.saveData)) return;
  const known = JSON.parse(root.dataset.map);
  const home = '/' + known.slug + '/';
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const MOST_NAMES = 40;
  const LEAST = 12, LETTER = 3, LARGEST = 24; // pixels, as radius: a number can be read, and circles leave each other room
  const PIN = 13, APART = 2, FARTHEST = 48; // pixels: a circle steps aside by less than the cell it stands for
  const LAYER = 4000, TOP = 1e8; // Leaflet orders marks by height on the screen; a rank counts for more
  let map, marks, areas, words, asked = 0, namesAsked = 0, places = [], pinned = [];

  load(root.dataset.leafletCss, root.dataset.leaflet, start);

  function load(style, script, then) {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = style;
    document.head.insertBefore(link, document.head.querySelector('link[rel=stylesheet]'));
    const code = document.createElement('script');
    code.src = script;
    code.onload = then;
    document.head.append(code);
  }

  function start() {
    const pane = document.createElement('div');
    pane.className = 'pane';
    root.append(pane);
    root.classList.add('live');
    map = L.map(pane, { zoomControl: false, minZoom: 2, maxZoom: 18, worldCopyJump: true, zoomSnap: 0.5,
      zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still });
    L.control.zoom({ zoomInTitle: root.dataset.zoomIn, zoomOutTitle: root.dataset.zoomOut }).addTo(map);
    map.attributionControl.setPrefix(false);
    pane.setAttribute('role', 'application');
    pane.setAttribute('aria-label', root.dataset.label);
    L.control.scale({ imperial: false }).addTo(map);
    base();
    warned();
    areas = L.layerGroup().addTo(map);
    marks = L.layerGroup().addTo(map);
    words = L.layerGroup().addTo(map);
    map.on('moveend', moved);
    const at = /^#(\d+(?:\.\d+)?)\/(-?[\d.]+)\/(-?[\d.]+)$/.exec(location.hash);
    if (at) map.setView([at[2], at[3]], at[1], { animate: false }); else map.fitBounds(bounds(), { animate: false });
    document.addEventListener('rapport:news', clusters);
  }

  function bounds() {
    const area = new URLSearchParams(root.dataset.query).get('area') || '';
    const box = area.includes(',') ? area.split(',').map(Number) : known.box;
    const east = box[2] < box[0] ? box[2] + 360 : box[2];
    return [[box[1], box[0]], [box[3], east]];
  }

  function base() {
    map.createPane('land').style.zIndex = 150;
    json('/basemap/' + known.slug + '.json').then(function (land) {
      L.geoJSON(land, { pane: 'land', interactive: false, style: function (feature) {
        return { className: feature.geometry.type.includes('Polygon') ? 'land' : 'borders' };
      } }).addTo(map);
    }, failed);
    if (known.tiles) L.tileLayer(known.tiles, { maxZoom: 19 }).addTo(map);
    const extra = {};
    known.tileSets.forEach(function (name) { extra[name] = L.tileLayer('/tiles/' + encodeURIComponent(name) + '/{z}/{x}/{y}'); });
    known.drawings.forEach(function (name) {
      const layer = extra[name] = L.geoJSON(null, { interactive: false, style: { className: 'extra' },
        pointToLayer: function (feature, at) { return L.circleMarker(at, { radius: 4, className: 'extra', interactive: false }); } });
      layer.once('add', function () {
        json(home + 'layers/' + encodeURIComponent(name) + '.geojson').then(function (data) { layer.addData(data); }, failed);
      });
    });
    // The control takes names as HTML; a file's name is text.
    const named = Object.fromEntries(Object.entries(extra).map(function (one) { return [plain(one[0]), one[1]]; }));
    if (Object.keys(named).length) L.control.layers(null, named).addTo(map);
  }

  // The areas that people are warned of, as the lines above the map name them.
  function warned() {
    document.querySelectorAll('[data-rings]').forEach(function (line) {
      JSON.parse(line.dataset.rings).forEach(function (ring) { L.polygon(ring, { className: 'warned', interactive: false }).addTo(map); });
    });
  }

  function plain(text) {
    const element = document.createElement('span');
    element.textContent = text;
    return element.innerHTML;
  }

  function moved() {
    const centre = map.getCenter();
    const hash = '#' + map.getZoom() + '/' + centre.lat.toFixed(4) + '/' + centre.lng.toFixed(4);
    history.replaceState(null, '', location.pathname + location.search + hash);
    const here = document.getElementById('here'), query = new URLSearchParams(root.dataset.query);
    query.set('area', box(0, 4));
    here.href = '?' + query;
    here.hidden = false;
    clusters();
    names();
  }

  // What the map shows, widened by a share of itself, as west,south,east,north.
  function box(pad, digits) {
    const seen = map.getBounds().pad(pad);
    const lat = function (value) { return Math.max(-90, Math.min(90, value)).toFixed(digits); };
    const whole = seen.getEast() - seen.getWest() >= 360;
    const lon = function (value) { return L.latLng(0, value).wrap().lng.toFixed(digits); };
    return [whole ? -180 : lon(seen.getWest()), lat(seen.getSouth()), whole ? 180 : lon(seen.getEast()), lat(seen.getNorth())].join();
  }

  function json(address) {
    return fetch(address).then(function (answer) {
      if (!answer.ok) throw new Error(answer.status);
      return answer.json();
    });
  }

  function clusters() {
    const mine = ++asked, query = new URLSearchParams(root.dataset.query);
    query.set('bbox', box(0.1, 5));
    query.set('zoom', Math.floor(map.getZoom())); // between two zooms the coarser grid: its circles do not overlap
    root.setAttribute('aria-busy', 'true');
    json(home + 'clusters.json?' + query).then(function (answer) { if (mine === asked) draw(answer.clusters); }, failed)
      .then(function () { root.removeAttribute('aria-busy'); });
  }

  function failed() {
    const note = document.getElementById('live');
    note.textContent = root.dataset.failed;
    note.className = 'note';
  }

  function draw(found) {
    const most = found.reduce(function (most, one) { return Math.max(most, one.count); }, 1);
    const focused = document.activeElement && document.activeElement.dataset.key;
    areas.clearLayers();
    marks.clearLayers();
    pinned = [];
    spread(found, most);
    found.sort(function (a, b) { return b.lat - a.lat; }).forEach(mark);
    const again = focused && root.querySelector('[data-key="' + focused + '"]');
    if (again) again.focus({ preventScroll: true });
    write();
  }

  // The area grows with the number; never smaller than the number can be read in.
  function radius(one, most) {
    if (one.count === 1) return PIN;
    const least = LEAST + LETTER * Math.max(0, short(one.count).length - 2);
    return Math.max(least, Math.sqrt(LEAST * LEAST + (LARGEST * LARGEST - LEAST * LEAST) * one.count / most));
  }

  function short(count) {
    if (count < 1000) return String(count);
    const unit = count < 999500 ? [1000, 'k'] : [1000000, 'M'], many = count / unit[0];
    return many.toLocaleString(document.documentElement.lang, { maximumFractionDigits: many < 9.95 ? 1 : 0 }) + unit[1];
  }

  // Gives every mark its size, its point on the screen and its rank. Marks of one event stay where it happened; a circle
  // stands for a neighbourhood, so it steps aside for them and for larger circles, as little as needed. The smaller
  // lies above the larger where that does not suffice.
  function spread(found, most) {
    found.sort(function (a, b) { return b.count - a.count || b.lat - a.lat || a.lon - b.lon; });
    found.forEach(function (one, rank) {
      one.rank = rank;
      one.radius = radius(one, most);
      one.point = map.latLngToLayerPoint([one.lat, near(one.lon)]);
    });
    const placed = found.filter(function (one) { return one.count === 1; });
    found.forEach(function (one) { if (one.count > 1) { aside(one, placed); placed.push(one); } });
  }

  function aside(one, placed) {
    const home = one.point;
    for (let step = 0; step < 12; step += 1) {
      const over = worst(one, placed);
      if (!over) return;
      const away = one.point.subtract(over.point), by = Math.hypot(away.x, away.y);
      const direction = by ? away.divideBy(by) : L.point(Math.cos(one.rank), Math.sin(one.rank));
      one.point = over.point.add(direction.multiplyBy(one.radius + over.radius + APART));
    }
    if (one.point.distanceTo(home) > FARTHEST || worst(one, placed)) one.point = home;
  }

  // The mark that it shares most with, if any.
  function worst(one, placed) {
    let found = null, most = 0.5;
    placed.forEach(function (other) {
      const shared = one.radius + other.radius + APART - one.point.distanceTo(other.point);
      if (shared > most) { most = shared; found = other; }
    });
    return found;
  }

  function mark(one) {
    const many = one.count > 1, rough = one.radius_m >= 1000, size = 2 * one.radius;
    const at = many ? map.layerPointToLatLng(one.point) : L.latLng(one.lat, near(one.lon));
    if (rough) L.circle([one.lat, near(one.lon)], { radius: one.radius_m, className: 'area', interactive: false }).addTo(areas);
    const label = many ? root.dataset.many.replace('{n}', one.count) : one.title || '';
    const icon = document.createElement('span');
    if (many) icon.textContent = short(one.count);
    if (one.status) icon.dataset.status = one.status;
    icon.className = many ? 'many' : rough ? 'pin rough' : 'pin';
    const marker = L.marker(at, { icon: L.divIcon({ html: icon, className: 'mark', iconSize: [size, size] }), riseOnHover: true,
      title: many ? label : '', zIndexOffset: LAYER * one.rank, riseOffset: TOP });
    marker.on('click', function () { choose(one); });
    marks.addLayer(marker);
    pinned.push({ at: at, size: size });
    const words = rough ? label + ', ' + root.dataset.near.replace('{r}', distance(one.radius_m)) : label;
    const element = marker.getElement();
    element.setAttribute('aria-label', words);
    element.addEventListener('keydown', function (pressed) {
      if (pressed.key !== 'Enter' && pressed.key !== ' ') return;
      pressed.preventDefault();
      choose(one);
    });
    element.dataset.key = one.ref || one.lon.toFixed(3) + ' ' + one.lat.toFixed(3);
    if (!many && words) marker.bindTooltip(plain(words), { direction: 'top' });
  }

  // The copy of a meridian that the map shows now.
  function near(lon) { return lon + 360 * Math.round((map.getCenter().lng - lon) / 360); }

  function distance(metres) { return metres < 1000 ? metres + ' m' : Math.round(metres / 1000) + ' km'; }

  function choose(one) {
    if (one.ref) { location.href = home + 'events/' + one.ref + '/'; return; }
    if (map.getZoom() < map.getMaxZoom() && !one.radius_m) { map.setView([one.lat, near(one.lon)], map.getZoom() + 2, { animate: !still }); return; }
    // All on one point: coming closer would not part them, so the list shows them.
    const query = new URLSearchParams(root.dataset.query), by = 0.0002;
    query.set('area', [one.lon - by, one.lat - by, one.lon + by, one.lat + by].map(function (side) { return side.toFixed(4); }).join());
    query.set('view', 'list');
    location.href = '?' + query;
  }

  function names() {
    const mine = ++namesAsked;
    json(home + 'places.json?bbox=' + box(0, 1)).then(function (answer) {
      if (mine !== namesAsked) return;
      places = answer.places;
      write();
    }, function () {}); // a map without names is still a map
  }

  // Names of places, the larger first, as far as they cover neither each other nor a mark.
  function write() {
    const taken = pinned.map(function (one) {
      const at = map.latLngToContainerPoint(one.at);
      return { x: at.x, y: at.y, wide: one.size / 2, high: one.size / 2 };
    });
    let written = 0;
    words.clearLayers();
    places.forEach(function (place) {
      const spot = [place.lat, near(place.lon)], at = map.latLngToContainerPoint(spot);
      const mine = { x: at.x, y: at.y, wide: 4 * place.name.length + 4, high: 10 };
      const covered = taken.some(function (other) {
        return Math.abs(at.x - other.x) < mine.wide + other.wide && Math.abs(at.y - other.y) < mine.high + other.high;
      });
      if (covered || written >= MOST_NAMES) return;
      written += 1;
      taken.push(mine);
      const text = document.createElement('span');
      text.textContent = place.name;
      L.marker(spot, { interactive: false, keyboard: false, pane: 'shadowPane',
        icon: L.divIcon({ html: text, className: 'name level-' + place.level, iconSize: null }) }).addTo(words);
    });
  }
})();
