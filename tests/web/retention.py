"""An operation on disk in which one sender left traces everywhere, and others beside them; and what is left of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.migrated import migrated
from tests.web.upkeep import environment

#: What nobody may find any more: number, names, words, files of one sender, and what was said to and about them.
CANARIES = (
    "50937011234", "3701 1234", "kanari", "Dezulme", "MOKANPE", "TRADIKSYON", "KESYON", "REZON", "FICHYE", "RANJE",
    "JADEN", "prob-lem-kanal", "ENBOX",
)  # fmt: skip

#: Neighbours (how many: its argument), and the one with the canaries; all by the functions that pages call.
FILL = """
import sys, json
from rapport.cli.output import set_up
set_up(from_nothing=True)
from datetime import timedelta
from uuid import uuid4
from django.utils import timezone
from rapport.accounts.models import Membership, Person
from rapport.desk import actions, senders
from rapport.desk.queue import escalation
from rapport.desk.sending.ask import ask
from rapport.intake import keep, understand
from rapport.intake.imports import life, run, store
from rapport.intake.models import WORKED_ON
from rapport.notify.models import OutboxMessage
from rapport.operations.models import Category, Operation, Source
from rapport.oversight import keys
from rapport.reports.attachments import work
from rapport.reports.models import Report, Sender
from rapport.values import Address, GivenFile, GivenPlace, Message, Trust
operation = Operation.objects.create(
    slug="sample", kind="crisis", names={"en": "Sample"}, time_zone="America/Port-au-Prince", west=-74.6, south=17.9,
    east=-71.5, north=20.2, countries=["HTI"], languages=["ht", "en"], definition_hash="",
    replies={"ht": {"received": "Mesi", "ask_place": "Ki kote", "stopped": "Fini"}})
Category.objects.create(operation=operation, code="2b", names={"en": "Water"}, order=1)
people = {}
for name, role in (("vero", "verifier"), ("cora", "custodian"), ("lea", "lead")):
    people[name] = Person.objects.create(username=name, password="!")
    Membership.objects.create(person=people[name], operation=operation, role=role)
vero = people["vero"]
sms = Source.objects.create(operation=operation, slug="sms", channel="smssync", names={"en": "SMS"},
    settings_sealed=keys.seal("channels", b'{"secret": "s"}'))
partner = Source.objects.create(operation=operation, slug="partner", channel="file", names={"en": "Partner"})
many = int(sys.argv[1])
for start in range(0, many, 500):
    keep.keep(sms, [Message(f"Nou bezwen dlo nan kan {n}, anpil moun malad bo isit", gateway_id=f"n{n}",
        sender=Address("tel", f"+5093{n:07}"), fields={"n": n}) for n in range(start, min(many, start + 500))],
        original=None)
keep.keep(sms, [Message("Dokiman vwazen", gateway_id="vf", sender=Address("tel", "+50930000001"),
    files=(GivenFile("v.txt", "text/plain", "Pawol vwazen".encode()),))], original=b"from=+50930000001&m=vwazen")
rose = Address("tel", "+50937011234")
mine = keep.keep(sms, [
    Message("Mwen se Mari-kanari Dezulme, MOKANPE nan Delmas, rele m nan 3701 1234", gateway_id="r1", sender=rose,
        sent_at=timezone.now() - timedelta(hours=1), place=GivenPlace(-72.3, 18.5, "RANJE kay Dezulme"),
        fields={"note": "JADEN kanari"}, extra={},
        files=(GivenFile("kanari.txt", "text/plain", "FICHYE sekre pa m".encode()),)),
    Message("MOKANPE anko: nou bezwen dlo nan kan 3, anpil moun malad bo isit kanari", gateway_id="r2", sender=rose),
    Message("MOKANPE ap tann kanari", gateway_id="r3", sender=rose),
], original=b"from=+50937011234&message=MOKANPE")
while understand.understand():
    pass
while work.clean():
    pass
first, second, third = (Report.objects.get(ref=one.ref) for one in mine)
actions.translate(vero, first, "en", "TRADIKSYON I am Mari-kanari")
escalation.escalate(vero, first, "REZON kanari asks")
ask(vero, first, "KESYON Dezulme, ki kote?", "ht", uuid4())
senders.set_trust(vero, first.sender, Trust.TRUSTED, "REZON I know Dezulme")
actions.reject(vero, second, "REZON kanari again")
OutboxMessage.objects.filter(sender=first.sender).update(problem="prob-lem-kanal: +50937011234 is unknown")
OutboxMessage.objects.create(operation=operation, source=sms, sender=first.sender, report_ref=first.ref,
    purpose="question", language="ht", body="ENBOX kanari", state="sent", gateway_id="prob-lem-kanal")
rows = ["id,text,phone,lat,lon", "1,MOKANPE kanari nan fichye,50937011234,18.5,-72.3",
        "2,,+509 3701 1234,18.5,-72.3", "3,Vwazen ekri,+50930000002,18.5,-72.3"]
one = store.add(None, operation, partner, "reports.csv", ["\\r\\n".join([*rows, ""]).encode()])
def rest():
    one.refresh_from_db()
    while one.state in WORKED_ON:
        assert run.claim(one)
        run.work(one)
        one.refresh_from_db()
rest()
plan = one.plan
plan["roles"] = {**plan["roles"], "phone": "sender"}
from rapport.intake.imports.plan import Plan
life.look_again(None, one, Plan.from_json(plan))
rest()
assert one.state == "ready", one.problem
life.start(None, one)
rest()
assert one.new == 2, (one.new, one.refused)
while understand.understand():
    pass
keep.stop()
print(json.dumps({"refs": [one.ref for one in mine], "pseudonym": first.sender_id, "event_words": ""}))
"""


def filled(data: Path, texts: int = 30, **more: str) -> dict[str, Any]:
    if "RAPPORT_DATABASE_URL" not in more:
        migrated(data)
    made = script(data, FILL, str(texts), **more)
    found: dict[str, Any] = json.loads(made.splitlines()[-1])
    return found


def script(data: Path, text: str, *words: str, **more: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", text, *words],
        env=environment(data, **more), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def found_in(data: Path, words: tuple[str, ...] = CANARIES) -> list[str]:
    """Which of these stand where, in any byte of any file under the data folder, however large letters are."""
    hits = []
    for path in sorted(data.rglob("*")):
        if path.is_file():
            content = path.read_bytes().lower()
            hits += [f"{word} in {path.relative_to(data)}" for word in words if word.lower().encode() in content]
    return hits
