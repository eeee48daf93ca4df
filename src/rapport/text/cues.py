"""The words by which `personal.py` knows where to look: what introduces a name or a number, and what says that a person
is at risk. Folded, one to three words a phrase; a phrase is found whole, in any case, with or without its accents.

English, French, Kreyòl and Spanish are the languages whose words for risks are listed; for names there are more. The
lists are ours and were chosen on the training split of the disaster messages.
"""

from __future__ import annotations

from enum import IntFlag

from rapport.text.differences import NEGATED_PAIRS, NEGATIONS
from rapport.text.look import DIGITS_SHIFT, MARK_DEGREES, MARK_LINK, MARK_MAIL, MARK_PLUS_CODE


class Mark(IntFlag):
    """What a text holds. The first four belong to the compiled look."""

    LINK = MARK_LINK
    MAIL = MARK_MAIL
    DEGREES = MARK_DEGREES
    PLUS_CODE = MARK_PLUS_CODE
    NAME = 1 << 4
    ID = 1 << 5
    PROFILE = 1 << 6
    #: Risks.
    TRAPPED = 1 << 8
    SEXUAL = 1 << 9
    ASSAULT = 1 << 10
    THREAT = 1 << 11
    MEDICAL = 1 << 12
    ALONE = 1 << 13
    MISSING = 1 << 14
    #: Who and where; no risk by themselves.
    CHILD = 1 << 16
    WITHOUT = 1 << 17
    OWN = 1 << 18
    ADDRESS = 1 << 19
    #: A word that turns others round; and that somebody is said not to be trapped, which `personal.spans` finds out.
    NEGATION = 1 << 20
    NOT_TRAPPED = 1 << 21


def _phrases(said: str) -> list[str]:
    return [" ".join(phrase.split()) for phrase in said.replace("\n", ",").split(",") if phrase.strip()]


#: Words for one digit, with its value, and for two.
_ONE = (
    "zero oh zewo cero sifuri صفر, one un une yon en uno una moja واحد, two deux de dos mbili اثنان اثنين, "
    "three trois twa tres tatu ثلاثة, four quatre kat cuatro nne اربعة, five cinq senk cinco tano خمسة, "
    "six sis seis sita ستة, seven sept set siete saba سبعة, eight huit uit wit ocho nane ثمانية, "
    "nine neuf nef nueve tisa تسعة"
)
_TEENS = (
    "ten dix dis diez kumi, eleven onze onz, twelve douze douz doce, thirteen treize trez trece, "
    "fourteen quatorze katoz catorce, fifteen quinze kenz quince, sixteen seize sez dieciseis, "
    "seventeen disset diecisiete, eighteen dizwit dieciocho, nineteen diznef diecinueve"
)
_TENS = (
    "twenty vingt ven veinte, thirty trente trant treinta, forty quarante karant cuarenta, "
    "fifty cinquante senkant cincuenta, sixty soixante swasant sesenta, seventy setenta, eighty ochenta, "
    "ninety noventa, vingts katreven"
)
_UNITS = ["de", "twa", "kat", "senk", "sis", "set"]
_JOINED = [  # Kreyòl writes tens and units as one word, Spanish those from 21 to 29
    *(tens + unit for tens in ("venn", "trann", "karann", "senkann", "swasann") for unit in _UNITS),
    *(
        tens + unit
        for tens in ("vent", "trant", "karant", "senkant", "swasant")
        for unit in ("eyen", "uit", "wit", "nef")
    ),
    *("veinti" + unit for unit in ["uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"]),
]
#: What a word counts, for telling "one two three" from a number that is spelt out.
DIGIT_WORDS: dict[str, int] = {
    **{word: value for value, words in enumerate(_ONE.split(",")) for word in words.split()},
    **{word: 10 + value for value, words in enumerate(_TEENS.split(",")) for word in words.split()},
    **{word: 20 + 10 * value for value, words in enumerate(_TENS.split(",")) for word in words.split()},
    **{word: 21 + value for value, word in enumerate(_JOINED)},
}
_TWO_DIGITS = {*_TEENS.replace(",", " ").split(), *_JOINED}

_PHONE_WORDS = (
    "tel tels telf telefono telephone telefon telefone telephon fon phone phones ph mob mobile mobil movil cell "
    "cel cellphone celular cellulaire selile portable call calls calling called ring dial sms text txt "
    "whatsapp whatsap wasap watsap viber signal telegram fax contact contacts contactez contacter contacto "
    "kontak kontakte number numbers numero numeros nimewo nimero num nr hotline helpline reach joindre jwenn "
    "rele relem appel appeler appelez llame llamar llama llamen simu namba nambari piga hubungi telepon telpon "
    "tawagan رقم هاتف هاتفي جوال موبايل اتصل تلفون فون نمبر فون شماره تلفن فोन फोन मोबाइल नंबर सम्पर्क ফোন "
    "নম্বর মোবাইল ফোনে ဖုန်း දුරකථන අංකය தொலைபேசி எண் телефон тел номер"
)
#: One of these shortly before digits says that they are to be called.
PHONE_WORDS = frozenset(_PHONE_WORDS.split())
_COUNTED = (
    "km kms kilometers kilometres miles mm cm ha hectares acres kg kgs litres liters tons tonnes metric percent % "
    "year years season marketing production utc gmt hrs hours"
)
#: Measured in units, and not called. No words for people: a number to call is often followed by one.
COUNTED = frozenset(_COUNTED.split())
_SUMS = (
    "usd eur gbp chf cad aud dollars dollar euros euro pounds gourdes gourde goud htg kes ksh rs inr pkr "
    "npr lkr bdt php peso pesos fcfa cfa xof xaf ngn naira sdg cny yuan million millions milyon "
    "millones billion hundred thousand thousands cent cents mil mille mila milye lakh lakhs crore crores %"
)
#: Beside digits these make a sum of money, or a number that nobody spells digit by digit.
SUMS = frozenset(_SUMS.split())

_NAMES = """
my name is, my name s, my full name, his name is, her name is, her name s, his name s, i am called, name is,
je m appelle, m appelle, mon nom est, mon nom c, s appelle, moi c est,
mwen rele, m rele, mwenrele, mrele, non mwen se, non m se, non mwen, non m, nom mwen, nom m, nom mwen se, li rele,
me llamo, mi nombre es, mi nombre, se llama, su nombre es, meu nome, me chamo, chamo me, se chama,
اسمي, انا اسمي, اسمها, اسمه, jina langu, naitwa, anaitwa, magacaygu, magacaygu waa, میرا نام, اسم من, نام من, زما نوم,
मेरा नाम, मेरो नाम, আমার নাম, என் பெயர், ang pangalan ko, pangalan ko, nama saya, adim, benim adim, меня зовут
"""
_IDS = """
passport, passeport, paspo, pasaporte, passaporte, pasaport, cin, nif, cnic, nic, nid, ssn, aadhaar, aadhar, cedula,
dni, matricule, iban, id number, id card, id no, id nr, national id, voter id, identity card, identity number,
carte d identite, carte identite, numero d identite, kat idantite, kat idantifikasyon, kat elektoral, license number,
licence number, driver s license, permis de conduire, tarjeta de identidad, numero de identidad, ration card,
account number, card number, credit card, numero de compte, numero de cuenta, nimewo kont, social security,
kitambulisho, pasipoti, جواز, هوية, شناختی, паспорт
"""
_PROFILES = """
facebook com, fb com, fb me, instagram com, t me, telegram me, tiktok com, twitter com, x com, linkedin com, wa me,
vk com, snapchat com
"""
_MAIL = (
    "arobase, arobas, arroba, aroba, gmail, yahoo, hotmail, outlook, dot com, dot org, dot net, point com, point org"
)

_TRAPPED = """
trapped, buried alive, under the rubble, under rubble, under the debris, under the ruins, in the rubble,
under collapsed, under the collapsed, under the building, under the house, under the concrete, under a building,
under a house, under the school, stuck under, stuck inside, beneath the rubble, alive under,
anba dekonb, anba dekomb, anba decombre, anba decombres, anba dekonm, anba dekonm yo, anba beton, anba kay, anba mi,
anba miray, sou dekonb, sou dekomb, sou decombre, anba ransay, anba lekol, anba bilding, kwense, kwense anba,
sous les decombres, sous les gravats, sous les ruines, sous decombres, sous les debris, enseveli, ensevelis, ensevelie,
ensevelies, coince sous, coinces sous, coincee, coincees, coince dans, coinces dans, pieges sous, piege sous,
bloque sous, bloques sous, atrapado, atrapada, atrapados, atrapadas, bajo los escombros, bajo escombros,
sepultado, sepultada, sepultados, entre los escombros
"""
_SEXUAL = """
rape, raped, rapes, raping, rapist, rapists, sexual assault, sexual violence, sexual abuse, sexually abused,
sexually assaulted, gang rape, molested, kadejak, vyole, viole, violee, violees, viol, viols, kadejake,
violacion, violaciones, violada, violaron, abuso sexual, abusada
"""
_ASSAULT = """
kidnap, kidnapped, kidnapping, kidnappers, abducted, beaten up, being beaten, beat me, beat us, beat him, beat her,
attacked me, attacked us, attacked my, stabbed, shot me, shot him, shot her, robbed me, robbed us, assaulted,
assaulted me, hostage, tortured,
kidnape, kidnaping, tire sou, pran otaj, agrese, atake nou, atake m, yo atake,
agresse, agressee, agression, enleve, enlevee, kidnappe, kidnappee, frappe ma, otage,
secuestrado, secuestrada, secuestraron, agredido, agredida, golpeado, golpeada, apunalado
"""
_THREAT = """
threatened me, threatened us, threatened him, threatened her, threatened to kill, threatened with, threatens me,
threatening me, threatening us, are threatening, death threat, death threats, want to kill, wants to kill, will kill me,
going to kill, trying to kill, came to kill, in hiding, hiding from, being followed, fear for my, afraid for my,
kill myself, hurt myself, suicide, end my life,
menase, menase m, menase nou, vle touye, menas, tiye tet mwen, touye tet mwen,
menaces de mort, menace de mort, menace de me, veulent me tuer, veut me tuer, veulent nous tuer, suicider,
amenazado, amenazada, amenazan, amenazas de muerte, quieren matarme, quieren matarnos, quiere matarme, van a matar,
suicidio
"""
_MEDICAL = """
injured, wounded, bleeding, broken leg, broken arm, broken legs, fracture, fractured, pregnant, giving birth,
give birth, in labor, in labour, miscarriage, diabetic, diabetes, insulin, hiv, has aids, have aids, with aids,
cancer, dialysis, asthma, epilepsy, amputated, amputation, heart disease, heart attack, high blood pressure,
badly hurt, is hurt, are hurt, fallen ill, fell ill, is ill, are ill, seriously ill, is dying, unconscious,
paralyzed, paralysed, handicapped, disabled, sick, has fever, infected, blese, malad, ansent, sida, vih, kanse,
fyev, sik, tansyon, opresyon, kolera, dyare, ap senyen, infekte, paralize, blesse, blessee, blesses, blessees,
malade, malades, enceinte, enceintes, diabetique, fievre, accouche, accoucher, handicape, handicapee,
hemorragie, infirme, herido, herida, heridos, heridas, enfermo, enferma, enfermos, embarazada, diabetico,
diabetica, fiebre, sangrando
"""
_ALONE = """
orphan, orphans, orphanage, orphanages, unaccompanied minor, unaccompanied minors, unaccompanied children,
unaccompanied child, lost both parents, lost their parents, lost her parents, lost his parents, abandoned child,
abandoned children, abandoned baby, orfelen, orfelina, ofelina, orphelin, orphelins, orpheline, orphelinat, ofelen,
huerfano, huerfana, huerfanos, orfanato, child alone, children alone, baby alone, timoun pou kont, enfant seul,
enfants seuls, nino solo, ninos solos, san manman
"""
_CHILD = """
child, children, baby, babies, infant, infants, kid, kids, little girl, little boy, newborn, toddler,
timoun, ti moun, pitit, bebe, tibebe, ti bebe, enfant, enfants, fillette, nino, nina, ninos, ninas, bebes
"""
_WITHOUT = """
alone, without parents, without their parents, without his parents, without her parents, no parents, without a parent,
without family, without mother, without her mother, without his mother, parents are dead, parents died,
pou kont li, pou kont yo, san papa, san fanmi, san paran, pa gen paran, pedi manman, pedi paran, paran mouri,
seul, seule, seuls, seules, sans parents, sans famille, sans ses parents, sin padres, sin familia, solo, sola, solos
"""
_OWN = """
i, me, my, mine, we, us, our, im, ive, mwen, m, nou, je, j, moi, mon, ma, mes, nous, notre, nos, mi, mis, estoy,
estamos, nosotros, he is, she is, he was, she was, his, her, someone, a person, one person, a woman, a man, a girl,
a boy, yon moun, yon fanm, yon ti, madanm, moun vivan, ki vivan, people alive, is alive, are alive, une femme,
un homme, una mujer, un hombre
"""
_ADDRESS = """
street, avenue, ave, st, rue, ruelle, impasse, boulevard, blvd, lane, ri, riyel, enpas, avni, bulva, calle,
avenida, delmas, next to, near the, behind the, in front of, house number, kafou, carrefour, rout, route, road,
bo kote, toupre, tou pre, an fas, anfas, deye, en face, pres de, a cote, derriere, frente a, detras de,
cerca de, address, adres, adresse, direccion, located at, sitiye, nimewo kay, kay nimewo, at the corner, kwen
"""
_BETWEEN = """
a an any anybody anyone are be been being body has have is longer man more one people person persons reported residents
still survivors was were woman
actuellement ai aient bloque bloquee bloques bloquees coince coinces avait de des du en encore est ete etait
etaient gens ont personne personnes plus sont survivant survivants y
bloke gen ki moun okenn pesonn te
alguien esta estan estaba estaban fue fueron ha haya hay han mas gente ninguna ningun persona personas quedan sido
"""
#: What may stand between a negation and the risk that it denies: "no one is trapped", "pa gen moun kwense". Anything
#: else, and the negation may be of something else: "we cannot get out from under the rubble".
BETWEEN_NEGATED = frozenset(_BETWEEN.split())


def _vocabulary() -> dict[str, int]:
    marked: dict[str, int] = {}
    for mark, said in (
        (Mark.LINK, "www"), (Mark.MAIL, _MAIL), (Mark.NAME, _NAMES), (Mark.ID, _IDS),
        (Mark.PROFILE, _PROFILES), (Mark.TRAPPED, _TRAPPED), (Mark.SEXUAL, _SEXUAL), (Mark.ASSAULT, _ASSAULT),
        (Mark.THREAT, _THREAT), (Mark.MEDICAL, _MEDICAL), (Mark.ALONE, _ALONE), (Mark.CHILD, _CHILD),
        (Mark.WITHOUT, _WITHOUT), (Mark.OWN, _OWN), (Mark.ADDRESS, _ADDRESS),
    ):  # fmt: skip
        for phrase in _phrases(said):
            marked[phrase] = marked.get(phrase, 0) | int(mark)
    for said in (*NEGATIONS, *map(" ".join, NEGATED_PAIRS)):
        marked[said] = marked.get(said, 0) | int(Mark.NEGATION)
    for word in DIGIT_WORDS:
        marked[word] = marked.get(word, 0) | (2 if word in _TWO_DIGITS else 1) << DIGITS_SHIFT
    return marked


#: Every phrase with its marks.
PHRASES = _vocabulary()
#: Introduce a name, and a document's number.
NAME_PHRASES = tuple(_phrases(_NAMES))
ID_PHRASES = tuple(_phrases(_IDS))
