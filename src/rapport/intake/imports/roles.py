"""Pure: what columns mean by their names: in English, French, Spanish and Haitian Creole, as forms and peers call
them, and by their HXL tags."""

from __future__ import annotations

import re

from rapport.text.fold import fold

#: Role → names, folded, the surest first. Read in the exports of Ushahidi, KoboToolbox, ODK and gateways, and in HDX
#: tables.
_NAMES: dict[str, str] = {
    "id": "id|serial|serial number|post id|message id|messageid|messagesid|message sid|report id|incident id|"
    "case id|uuid|"
    "instanceid|meta instanceid|record id|external id|reference|ref|numero|no|identifiant|identifiant unique|code id|"
    "identificador|nimewo|key|submission id|ticket|case number|sms id|objectid|fid|s no|sno|sr no|event id|globalid",
    "text": "text|message|description|content|body|incident description|message text|report|report text|details|detail|"
    "sms|message body|comment|comments|narrative|what happened|observation|observations|texte|mensaje|"
    "descripcion|texto|"
    "contenido|contenu|mesaj|deskripsyon|teks|remarks|remark|notes|note|summary|resume|resumen|detalles|detay|rapport|"
    "situation|signalement|reporte|rapo|needs|besoins|describe|description of the situation",
    "title": "title|incident title|subject|headline|titre|titulo|tit|post title|sije|objet|asunto|event title|"
    "event name",
    "date": "date|incident date|sent at|date time|datetime|timestamp|sent timestamp|date and time|report date|"
    "event date|"
    "date of report|date reported|fecha|fecha y hora|date heure|date et heure|dat|dat ak le|created|created utc|"
    "post date|submission time|submissiondate|received at|receivedat|received|date sent|date received|date created|"
    "created at|start|today|from date|start date|occurred at|jour|dia|date de signalement|sent|data|message timestamp|"
    "when|date signalement",
    "time": "time|heure|hora|le|hour|time of day|incident time|event time",
    "lat": "lat|latitude|latitud|geo lat|gps latitude|geolocation latitude|y|lat dd|latitude dd|"
    "location latitude|latitid|"
    "point y|lat wgs84|gps lat|geopoint latitude|place lat|coordinates latitude|decimallatitude|latitude n",
    "lon": "lon|lng|long|longitude|longitud|geo long|geo lon|gps longitude|geolocation longitude|x|long dd|lon dd|"
    "longitude dd|location longitude|lonjitid|point x|lon wgs84|gps lon|gps long|geopoint longitude|place lon|"
    "coordinates longitude|decimallongitude|longitude e|longitude w",
    "coordinates": "coordinates|coordinate|coordonnees|coordenadas|geolocation|gps|geopoint|latlon|lat lon|"
    "lat long|latlng|"
    "latitude longitude|lat lng|gps coordinates|coordonnees gps|coordenadas gps|kowodone|point|wkt|geometry|geom|"
    "the geom|location gps|position|location coordinates",
    "place": "location|place|place name|location name|address|adresse|lieu|localite|endroit|ubicacion|lugar|direccion|"
    "localidad|kote|adres|city|town|village|ville|commune|site|site name|where|district|neighborhood|neighbourhood|"
    "quartier|localisation|emplacement|place said|settlement|camp|municipality|municipio|sub district|area|"
    "nom du lieu|komin|katye",
    "categories": "category|categories|categorie|categoria|categorias|type|event type|incident type|type of incident|"
    "kategori|need type|tags|tag|labels|label|theme|sector|secteur|cluster|type d incident|tipo|tipo de incidente|"
    "kind|type of need|type de besoin",
    "language": "language|lang|langue|idioma|lengua|lang code|language code|iso language|locale",
    "sender": "sender|from|phone|phone number|telephone|tel|msisdn|mobile|mobile number|contact|sender number|"
    "from number|"
    "source phone|reporter phone|telefono|numero de telephone|nimewo telefon|telefon|email|e mail|correo|urn|"
    "sender value|contact urn|phonenumber|caller|caller id|expediteur|remitente|contact number|sender phone",
    "people": "people affected|affected|number affected|number of people|people|population affected|persons|"
    "individuals|"
    "total affected|personnes touchees|nombre de personnes|personas afectadas|numero de personas|kantite moun|moun|"
    "beneficiaries|people in need|number of persons|affected people",
}  # fmt: skip
_BY_NAME: dict[str, tuple[str, int]] = {}
for _role, _names in _NAMES.items():
    for _order, _name in enumerate(_names.split("|")):
        _BY_NAME.setdefault(_name, (_role, 100 - _order))

#: Names that are not what a word in them says: kept among the fields.
_NEVER = re.compile(
    r"(?:accuracy|altitude|precision|post status|approved|verified|categorie? id|deleted|status|sent to|to|xform id.*|"
    r"validation status|submitted by|version|index|parent.*|device ?id|sim.*|end|endtime|end date|to date|updated.*|"
    r"urgency|priority|severity|urgence|priorite|urgencia|prioridad|ijans|priyorite|alert level|gravite)"
)
_TAG_ROLES = {
    "#geo+lat": "lat", "#geo+lon": "lon", "#geo+coord": "coordinates", "#description": "text", "#meta+summary": "text",
    "#meta+title": "title", "#event+id": "id", "#meta+id": "id", "#date+start": "date", "#date+reported": "date",
    "#date": "date", "#date+occurred": "date", "#loc+name": "place", "#sector": "categories",
    "#event+type": "categories", "#contact+phone": "sender",
    "#cause": "categories", "#affected": "people", "#affected+total": "people",
}  # fmt: skip


def role_by_name(name: str) -> tuple[str, int]:
    """The role that a column's name speaks for, with how surely (1 to 200); ("", 0) for none."""
    text = name.strip()
    if text == "#":
        return "id", 90
    if text.startswith("#"):
        return role_by_tag(text)
    whole = fold(text)
    if not whole or _NEVER.fullmatch(whole):
        return "", 0
    if whole in _BY_NAME:
        role, sure = _BY_NAME[whole]
        return role, 100 + sure
    # A form's column is named by its groups, and its own name comes last: "household/gps_latitude".
    last = fold(re.split(r"[/:>]", text)[-1])
    if last != whole and not _NEVER.fullmatch(last) and last in _BY_NAME:
        role, sure = _BY_NAME[last]
        return role, 60 + sure // 2
    return _by_end(last or whole)


def _by_end(name: str) -> tuple[str, int]:
    """By what stands before "of", else at the name's end: "latitude of the site", "date du signalement", "incident
    location"."""
    words = name.split()
    if len(words) > 5 or len(words) < 2 or _NEVER.fullmatch(words[-1]):
        return "", 0
    begins = [words[:size] for size in (2, 1) if len(words) > size and words[size] in _OF]
    for part in (" ".join(some) for some in (*begins, words[-2:], words[-1:])):
        if len(part) > 2 and part in _BY_NAME and part not in _WEAK and part != name:
            role, sure = _BY_NAME[part]
            return role, 20 + sure // 4
    return "", 0


_OF = frozenset(["of", "de", "du", "des", "del", "d", "l", "la", "the", "in", "en", "pou", "nan"])
#: Too short or too common to speak for a name of several words.
_WEAK = frozenset({
    "report", "reference", "content", "data", "note", "notes", "number", "time", "type", "contact", "area", "site",
    "from", "people", "point", "position", "sent", "label", "key", "start", "camp", "source", "details", "what",
    "where", "when", "event", "kind", "message", "cluster", "theme", "district", "population", "dia", "jour", "code",
})  # fmt: skip


def role_by_tag(tag: str) -> tuple[str, int]:
    """The role of a column with an HXL tag."""
    text = re.sub(r" ?\+ ?", "+", " ".join(tag.lower().split()))
    if text in _TAG_ROLES:
        return _TAG_ROLES[text], 150
    base = text.partition("+")[0]
    if base in {"#adm1", "#adm2", "#adm3", "#adm4", "#loc"} and text.endswith("+name"):
        return "place", 40 + int(base[-1]) if base[-1].isdigit() else 50
    if text == "#country+name":
        return "place", 30  # better than none, where nothing nearer is named
    return "", 0
