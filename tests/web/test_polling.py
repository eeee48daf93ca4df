"""The worker asks mailboxes, feeds and posts: from real servers on this machine to reports in the database."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from rapport import plugins
from rapport.accounts.models import Person
from rapport.accounts.permissions import Role
from rapport.errors import BadDefinition
from rapport.intake import limits, refusals
from rapport.intake.models import Poll, RefusalCount
from rapport.intake.polling import addresses, fetch, work
from rapport.intake.polling.fetch import Unanswered, Web
from rapport.operations import sources
from rapport.operations.load import set_source_settings
from rapport.operations.models import Operation, Source
from rapport.oversight import keys
from rapport.reports.models import Report

INSIDE = frozenset({"127.0.0.1"})
Said = tuple[int, dict[str, str], bytes]


class Elsewhere:
    """A server of somebody else on this machine: answers by path, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Said | Callable[[dict[str, str]], Said]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.asked.append((self.path, headers))
                said = outer.answers.get(self.path, (404, {}, b""))
                status, given, body = said(headers) if callable(said) else said
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(body))} | given).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing on the tests' output."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """From now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    made = Elsewhere()
    yield made
    made.close()


@pytest.fixture
def inside(settings: LazySettings) -> None:
    settings.POLL_INSIDE = INSIDE
    limits.forget()
    refusals.forget()
    work.forget()


def source(operation: Operation, channel: str, **given: str) -> Source:
    made = Source.objects.create(operation=operation, slug=f"asked-{channel}", channel=channel, names={"en": channel})
    set_source_settings(made, given)
    return made


def visit(of: Source) -> int:
    """As the worker does it, whenever it may be due."""
    Poll.objects.filter(source=of).update(next_at=timezone.now() - timedelta(seconds=1))
    row = work.claim(of)
    assert row is not None
    return work.visit(of, row)


def row(of: Source) -> Poll:
    return Poll.objects.get(source=of)


# --- which addresses are asked -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
     "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
     "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:1::1",
     "::127.0.0.1", "fd00:ec2::254", "2001:db8::1", "", "localhost", "1.2.3"],
)  # fmt: skip
def test_an_address_inside_a_network_is_never_asked(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_public_addresses_are(address: str) -> None:
    assert addresses.is_public(address)


@given(st.text(max_size=20))
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert addresses.is_public(text) in {True, False}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "0x7f.1", "127.1"])
def test_however_it_is_written_this_machine_is_not_asked(host: str, elsewhere: Elsewhere) -> None:
    port = elsewhere.url.rpartition(":")[2]
    with pytest.raises(Unanswered):
        Web().get(f"http://{host}:{port}/", {}, 1000)
    assert elsewhere.asked == []


def test_the_address_that_was_judged_is_the_one_that_is_asked(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public when it is looked at and private when it is called: it is looked up once."""
    looked: list[str] = []

    def changing(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        looked.append(host)
        address = "203.0.114.9" if len(looked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    called: list[object] = []

    class Sock(socket.socket):
        def connect(self, address: object) -> None:  # type: ignore[override]
            called.append(address)
            raise TimeoutError

    monkeypatch.setattr(fetch.socket, "getaddrinfo", changing)
    monkeypatch.setattr(fetch.socket, "socket", Sock)
    with pytest.raises(Unanswered, match="in time"):
        Web().get("http://rebinding.example.org/", {}, 1000)
    assert (looked, called) == (["rebinding.example.org"], [("203.0.114.9", 80)])


def test_of_several_addresses_only_the_public_ones_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("127.0.0.1", "10.0.0.1")]
    monkeypatch.setattr(fetch.socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(Unanswered, match="inside a network"):
        Web().get("http://mixed.example.org/", {}, 1000)


@pytest.mark.parametrize(
    "to",
    ["http://localhost:9/", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "gopher://127.0.0.1/",
     "//[::1]/"],
)  # fmt: skip
def test_a_redirect_leads_to_nowhere_inside_either(to: str, elsewhere: Elsewhere) -> None:
    elsewhere.answers["/"] = (302, {"Location": to}, b"")
    with pytest.raises(Unanswered):
        Web(INSIDE).get(elsewhere.url + "/", {}, 1000)


def test_redirects_come_to_an_end(elsewhere: Elsewhere) -> None:
    elsewhere.answers["/"] = (302, {"Location": "/"}, b"")
    with pytest.raises(Unanswered, match="more than 3"):
        Web(INSIDE).get(elsewhere.url + "/", {}, 1000)
    assert len(elsewhere.asked) == 4


def test_a_token_goes_to_the_host_that_it_is_for_and_to_no_other(elsewhere: Elsewhere) -> None:
    other = Elsewhere()
    try:
        other.answers["/there"] = (200, {}, b"ok")
        elsewhere.answers["/"] = (302, {"Location": other.url + "/there"}, b"")
        page = Web(INSIDE).get(elsewhere.url + "/", {"Authorization": "Bearer secret"}, 1000)
        assert (page.body, page.url) == (b"ok", other.url + "/there")
        assert elsewhere.asked[0][1]["authorization"] == "Bearer secret"
        assert "authorization" not in other.asked[0][1]
    finally:
        other.close()


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ((200, {}, b"a" * 2_000), "more than 1,000"),
        ((200, {"Content-Length": "900"}, b"a"), "broke off"),
        ((200, {"Content-Encoding": "gzip"}, b"a"), "packed"),
        ((500, {}, b""), "500"),
    ],
)
def test_an_answer_that_breaks_the_bounds_is_none(said: Said, problem: str, elsewhere: Elsewhere) -> None:
    elsewhere.answers["/"] = said
    with pytest.raises(Unanswered, match=problem):
        Web(INSIDE).get(elsewhere.url + "/", {}, 1_000)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """What a server on this machine shows; asked with it, it is trusted."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = timezone.now()
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = Encoding.PEM
    text = key.private_bytes(pem, PrivateFormat.PKCS8, NoEncryption()) + made.public_bytes(pem)
    (tmp_path / "server.pem").write_bytes(text)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem")
    return context


def dripping(lines: socket.socket, context: ssl.SSLContext | None) -> None:
    """Takes one connection and sends a page of one letter after the other, for as long as somebody reads."""
    with contextlib.suppress(OSError):
        line, _ = lines.accept()
        with line if context is None else context.wrap_socket(line, server_side=True) as shown:
            shown.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                shown.sendall(b"a")
                threading.Event().wait(0.02)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_answer_that_comes_drop_by_drop_ends(
    scheme: str, certificate: ssl.SSLContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "TOTAL_S", 0.3)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=dripping, args=(listener, certificate if scheme == "https" else None))
    thread.start()
    began = time.monotonic()
    try:
        with pytest.raises(Unanswered):
            Web(INSIDE).get(f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/", {}, 10_000)
        assert 0.3 <= time.monotonic() - began < 3
    finally:
        listener.close()
        thread.join(5)
    assert not thread.is_alive()


def test_a_page_comes_over_tls_and_a_certificate_that_nobody_vouches_for_is_refused(
    certificate: ssl.SSLContext, elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere.answers["/"] = (200, {}, b"ok")
    elsewhere.speak_tls(certificate)
    url = elsewhere.url.replace("http:", "https:") + "/"
    with pytest.raises(Unanswered, match="certificate"):
        Web(INSIDE).get(url, {}, 1_000)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    assert Web(INSIDE).get(url, {}, 1_000).body == b"ok"


def test_from_a_secure_address_nothing_leads_to_one_that_is_not(
    certificate: ssl.SSLContext, elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
    elsewhere.answers["/"] = (302, {"Location": elsewhere.url + "/there"}, b"")
    elsewhere.speak_tls(certificate)
    with pytest.raises(Unanswered, match="not secure"):
        Web(INSIDE).get(elsewhere.url.replace("http:", "https:") + "/", {}, 1_000)


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example.org/", "http://", "http://u:p@a.example.org/", "http://a b/", "http://[::1", "x", "http://a:0/",
     "http://é.example.org/"],
)  # fmt: skip
def test_an_address_that_cannot_be_meant_is_said_so(url: str) -> None:
    with pytest.raises(Unanswered, match="address"):
        Web().get(url, {}, 10)


# --- a feed --------------------------------------------------------------------------------------------------------

RSS = b"""<rss><channel><item><guid>2</guid><title>Dlo ap monte nan Delmas</title></item>
<item><guid>1</guid><title>Pon kraze nan Jacmel</title></item></channel></rss>"""


def test_a_feeds_items_become_reports_once(operation: Operation, elsewhere: Elsewhere, inside: None) -> None:
    elsewhere.answers["/feed"] = (200, {"ETag": '"v1"', "Last-Modified": "Tue, 12 Jan 2010 21:53:00 GMT"}, RSS)
    of = source(operation, "feed", url=elsewhere.url + "/feed")
    assert (visit(of), visit(of)) == (2, 0)
    texts = list(Report.objects.order_by("pk").values_list("text", flat=True))
    assert texts == ["Pon kraze nan Jacmel", "Dlo ap monte nan Delmas"]
    assert elsewhere.asked[1][1]["if-none-match"] == '"v1"'
    assert elsewhere.asked[1][1]["if-modified-since"] == "Tue, 12 Jan 2010 21:53:00 GMT"
    sealed = Report.objects.latest("pk").original_sealed
    assert sealed is not None
    assert b"<guid>2</guid>" in keys.unseal("addresses", bytes(sealed))


def test_a_feed_that_has_not_changed_is_no_problem(operation: Operation, elsewhere: Elsewhere, inside: None) -> None:
    elsewhere.answers["/feed"] = lambda headers: (
        (304, {}, b"") if headers.get("if-none-match") == '"v1"' else (200, {"ETag": '"v1"'}, RSS)
    )
    of = source(operation, "feed", url=elsewhere.url + "/feed")
    visit(of)
    assert visit(of) == 0
    assert (row(of).problem, row(of).failures, row(of).new) == ("", 0, 2)


def test_an_empty_mark_is_never_sent(operation: Operation, elsewhere: Elsewhere, inside: None) -> None:
    elsewhere.answers["/feed"] = (200, {"ETag": "", "Last-Modified": ""}, RSS)
    of = source(operation, "feed", url=elsewhere.url + "/feed")
    visit(of)
    visit(of)
    assert {"if-none-match", "if-modified-since"} & elsewhere.asked[1][1].keys() == set()


def test_an_item_that_says_something_else_is_another_report(
    operation: Operation, elsewhere: Elsewhere, inside: None
) -> None:
    elsewhere.answers["/feed"] = (200, {}, RSS)
    of = source(operation, "feed", url=elsewhere.url + "/feed")
    visit(of)
    elsewhere.answers["/feed"] = (200, {}, RSS.replace(b"kraze", b"louvri"))
    assert visit(of) == 1
    assert set(Report.objects.values_list("text", flat=True)) >= {"Pon kraze nan Jacmel", "Pon louvri nan Jacmel"}


def test_all_items_of_a_feed_are_one_sender(operation: Operation, elsewhere: Elsewhere, inside: None) -> None:
    elsewhere.answers["/feed"] = (200, {}, RSS)
    visit(source(operation, "feed", url=elsewhere.url + "/feed"))
    assert Report.objects.values("sender").distinct().count() == 1


def test_whoever_asks_us_to_wait_is_left_alone_as_long(
    operation: Operation, elsewhere: Elsewhere, inside: None
) -> None:
    elsewhere.answers["/feed"] = (429, {"Retry-After": "7200"}, b"")
    of = source(operation, "feed", url=elsewhere.url + "/feed")
    visit(of)
    assert row(of).next_at >= timezone.now() + timedelta(seconds=7_100)
    assert row(of).problem == "It answers with 429."


@given(failures=st.integers(0, 10_000), chance=st.floats(0, 1), minutes=st.integers(1, 1440))
def test_the_wait_grows_with_failures_and_has_an_end(failures: int, chance: float, minutes: int) -> None:
    every = timedelta(minutes=minutes)
    wait = work.back_off(every, failures, chance)
    assert every <= wait <= max(every, work.LONGEST) * 1.25
    assert work.back_off(every, failures + 1, chance) >= wait


def test_a_feed_that_is_none_says_so_and_the_next_visit_heals_it(
    operation: Operation, elsewhere: Elsewhere, inside: None
) -> None:
    elsewhere.answers["/feed"] = (200, {}, b"<html><body>Not found</body></html>")
    of = source(operation, "feed", url=elsewhere.url + "/feed")
    visit(of)
    visit(of)
    assert (row(of).problem, row(of).failures) == ("It is no feed: it begins with html.", 2)
    elsewhere.answers["/feed"] = (200, {}, RSS)
    assert visit(of) == 2
    assert (row(of).problem, row(of).failures) == ("", 0)


def test_a_source_inside_a_network_says_why_it_is_not_asked(
    operation: Operation, elsewhere: Elsewhere, settings: LazySettings
) -> None:
    settings.POLL_INSIDE = frozenset()
    of = source(operation, "feed", url=elsewhere.url + "/feed")
    visit(of)
    assert "RAPPORT_POLL_INSIDE" in row(of).problem
    assert elsewhere.asked == []


def test_no_more_is_taken_than_the_source_may_bring(operation: Operation, elsewhere: Elsewhere, inside: None) -> None:
    elsewhere.answers["/feed"] = (200, {}, RSS)
    of = source(operation, "feed", url=elsewhere.url + "/feed")
    of.per_minute = 1
    of.save()
    assert visit(of) == 1
    limits.forget()
    assert visit(of) == 1
    assert Report.objects.count() == 2


# --- warnings ------------------------------------------------------------------------------------------------------


def cap(identifier: str) -> bytes:
    return (
        f'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{identifier}</identifier>'
        "<sender>biwo@example.org</sender><sent>2010-01-12T16:53:00-05:00</sent><status>Actual</status>"
        f"<info><headline>Dlo ap monte {identifier}</headline></info></alert>"
    ).encode()


def test_each_item_of_a_cap_feed_brings_its_file_and_none_is_asked_twice(
    operation: Operation, elsewhere: Elsewhere, inside: None
) -> None:
    links = "".join(f"<item><link>{elsewhere.url}/{number}.cap</link></item>" for number in (3, 2, 1))
    elsewhere.answers |= {"/feed": (200, {}, f"<rss>{links}</rss>".encode())}
    elsewhere.answers |= {"/1.cap": (200, {}, cap("1")), "/2.cap": (200, {}, b"<html/>")}
    of = source(operation, "cap-feed", url=elsewhere.url + "/feed")
    assert visit(of) == 1
    report = Report.objects.get()
    assert (report.text, report.fields["identifier"]) == ("Dlo ap monte 1", "1")
    assert report.original_sealed is not None
    assert keys.unseal("addresses", bytes(report.original_sealed)) == cap("1")
    elsewhere.answers["/3.cap"] = (200, {}, cap("3"))  # what could not be had is asked for again, what was read is not
    assert visit(of) == 1
    paths = [path for path, _ in elsewhere.asked]
    assert (paths.count("/1.cap"), paths.count("/2.cap"), paths.count("/3.cap")) == (1, 1, 2)
    refusals.flush()
    assert dict(RefusalCount.objects.values_list("reason", "count")) == {"no_cap": 1, "unanswered": 1}


def test_a_feed_whose_files_cannot_be_had_does_not_hold_the_worker(
    operation: Operation, elsewhere: Elsewhere, inside: None
) -> None:
    links = "".join(f"<item><link>{elsewhere.url}/{number}.cap</link></item>" for number in range(50))
    elsewhere.answers["/feed"] = (200, {"ETag": '"v1"'}, f"<rss>{links}</rss>".encode())
    of = source(operation, "cap-feed", url=elsewhere.url + "/feed")
    assert visit(of) == 0
    assert len(elsewhere.asked) == 1 + 3
    visit(of)
    assert "if-none-match" not in elsewhere.asked[4][1], "what was not had is still wanted"


# --- public posts --------------------------------------------------------------------------------------------------


def post(number: int, **other: object) -> dict[str, object]:
    return {
        "id": str(number),
        "uri": f"https://social.example.org/users/rose/statuses/{number}",
        "url": f"https://social.example.org/@rose/{number}",
        "created_at": "2026-01-12T21:53:00.000Z",
        "content": f"<p>Dlo ap monte {number} <a href='/tags/ayiti'>#<span>ayiti</span></a></p>",
        "visibility": "public",
        "spoiler_text": "",
        "account": {"id": "9", "acct": "rose"},
        "tags": [{"name": "ayiti"}],
        "media_attachments": [],
        **other,
    }


def test_posts_with_a_tag_become_reports_page_after_page(
    operation: Operation, elsewhere: Elsewhere, inside: None
) -> None:
    base = "/api/v1/timelines/tag/ayiti?limit=40"
    posts = [post(11), post(10, visibility="unlisted"), post(9)]
    elsewhere.answers[base] = (200, {}, json.dumps(posts).encode())
    elsewhere.answers[f"{base}&min_id=11"] = (200, {}, json.dumps([post(n) for n in range(51, 11, -1)]).encode())
    elsewhere.answers[f"{base}&min_id=51"] = (200, {}, b"[]")
    of = source(operation, "mastodon", server=elsewhere.url, of="#ayiti", token="t")
    assert (visit(of), visit(of), visit(of)) == (2, 40, 0)
    report = Report.objects.order_by("pk")[0]
    assert report.text == "Dlo ap monte 9 #ayiti"
    assert report.sender is not None
    assert report.sender.address.value.startswith("rose@")
    assert "rose" not in json.dumps(report.fields)
    assert {headers["authorization"] for _, headers in elsewhere.asked} == {"Bearer t"}


def test_posts_of_an_account_are_found_by_its_name(operation: Operation, elsewhere: Elsewhere, inside: None) -> None:
    elsewhere.answers["/api/v1/accounts/lookup?acct=rose%40example.org"] = (200, {}, b'{"id": "9"}')
    elsewhere.answers["/api/v1/accounts/9/statuses?limit=40&exclude_reblogs=true"] = (
        200, {}, json.dumps([post(1), post(2, reblog={})]).encode(),
    )  # fmt: skip
    of = source(operation, "mastodon", server=elsewhere.url, of="@rose@example.org")
    assert visit(of) == 2


DEEP = b'[{"id": "1", "visibility": "public", "content": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]"


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[1, {}, null]", b"[" * 5_000, DEEP, b"[" + b"{}," * 1_000_000 + b"{}]", b'[{"id": "x"}]', b"\xff"],
    ids=lambda body: str(body[:20]),
)
def test_a_server_that_answers_nonsense_harms_nothing(
    body: bytes, operation: Operation, elsewhere: Elsewhere, inside: None
) -> None:
    elsewhere.answers["/api/v1/timelines/tag/a?limit=40"] = (200, {}, body)
    of = source(operation, "mastodon", server=elsewhere.url, of="#a")
    assert visit(of) == 0
    assert "fault" not in row(of).problem


# --- a Maildir -----------------------------------------------------------------------------------------------------

LETTER = b"From: rose@example.org\r\nSubject: Dlo\r\nMessage-ID: <1@example.org>\r\n\r\nNou bezwen dlo nan Delmas.\r\n"


@pytest.fixture
def maildir(settings: LazySettings, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    folder = tmp_path / "maildirs" / "reports"
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    return folder


def test_letters_of_a_maildir_become_reports_and_move_on(operation: Operation, maildir: Path, inside: None) -> None:
    (maildir / "new" / "2.a").write_bytes(LETTER.replace(b"<1@", b"<2@").replace(b"dlo nan", b"manje nan"))
    (maildir / "new" / "1.a").write_bytes(LETTER)
    of = source(operation, "maildir", folder="reports")
    assert visit(of) == 2
    assert [path.name for path in sorted((maildir / "cur").iterdir())] == ["1.a:2,S", "2.a:2,S"]
    assert Report.objects.order_by("pk")[0].text == "Dlo\n\nNou bezwen dlo nan Delmas."
    (maildir / "new" / "3.a").write_bytes(b"Received: by another way\r\n" + LETTER)
    assert visit(of) == 0
    assert not list((maildir / "new").iterdir())


def test_a_link_in_a_maildir_is_not_followed(operation: Operation, maildir: Path, inside: None) -> None:
    (maildir.parent / "secret").write_bytes(LETTER)
    (maildir / "new" / "1.a").symlink_to(maildir.parent / "secret")
    assert visit(source(operation, "maildir", folder="reports")) == 0
    assert not Report.objects.exists()


@pytest.mark.parametrize("folder", ["..", "../..", "/etc", "a/b", ".hidden", "", "a" * 80])
def test_nobody_reads_other_folders_of_this_machine_by_a_form(
    folder: str, operation: Operation, maildir: Path, inside: None
) -> None:
    of = source(operation, "maildir", folder=folder)
    assert visit(of) == 0
    assert row(of).problem


# --- a mailbox -----------------------------------------------------------------------------------------------------


class Mailbox(threading.Thread):
    """A server that speaks as much IMAP as is asked of it (RFC 3501), without TLS."""

    def __init__(self, letters: dict[int, bytes]) -> None:
        super().__init__()
        self.letters, self.said = letters, list[str]()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])

    def run(self) -> None:
        line, _ = self.listener.accept()
        with line, line.makefile("rb") as lines, contextlib.suppress(OSError):  # who speaks TLS hangs up
            line.sendall(b"* OK ready\r\n")
            for raw in lines:
                tag, _, command = raw.decode("latin-1").strip().partition(" ")
                self.said.append(command)
                for answer in self._answers(command):
                    line.sendall(answer + b"\r\n")
                line.sendall(f"{tag} {'NO' if 'wrong' in command else 'OK'} done\r\n".encode("latin-1"))

    def _answers(self, command: str) -> Iterator[bytes]:
        words = command.split() or [""]
        if words[0] == "CAPABILITY":
            yield b"* CAPABILITY IMAP4rev1"
        elif words[0] in {"EXAMINE", "SELECT"}:
            yield b"* %d EXISTS" % len(self.letters)
            yield b"* OK [UIDVALIDITY 7] valid"
        elif words[:2] == ["UID", "SEARCH"]:
            yield b"* SEARCH " + b" ".join(b"%d" % uid for uid in self.letters)
        elif words[:2] == ["UID", "FETCH"]:
            letter = self.letters[int(words[2])]
            if "SIZE" in command:
                yield b"* 1 FETCH (UID %s RFC822.SIZE %d)" % (words[2].encode(), len(letter))
            else:
                yield b"* 1 FETCH (UID %s BODY[] {%d}\r\n%s)" % (words[2].encode(), len(letter), letter)


def mailbox(
    letters: dict[int, bytes], state: dict[str, object], password: str = "right"
) -> tuple[list[object], Mailbox]:
    import imaplib

    from rapport.intake.polling import imap

    server = Mailbox(letters)
    server.start()
    client = imaplib.IMAP4("127.0.0.1", server.port)
    try:
        return list(imap.visit(client, {"user": "rose", "password": password}, state)), server  # type: ignore[arg-type]
    finally:
        client.shutdown()
        server.join(5)
        server.listener.close()


def test_a_mailbox_is_only_looked_at_and_each_letter_once() -> None:
    state: dict[str, object] = {}
    found, server = mailbox({4: LETTER, 9: LETTER}, state)
    assert [one.original for one in found] == [LETTER, LETTER]  # type: ignore[attr-defined]
    assert state == {"of": " rose ", "uidvalidity": 7, "uid": 9}
    assert any(said.startswith("EXAMINE") for said in server.said)
    assert all("BODY.PEEK" in said for said in server.said if "BODY" in said)
    assert mailbox({4: LETTER, 9: LETTER}, state)[0] == []
    assert len(mailbox({4: LETTER, 9: LETTER, 10: LETTER}, state)[0]) == 1


def test_letters_that_the_server_numbered_anew_are_looked_at_anew() -> None:
    state: dict[str, object] = {"of": " rose ", "uidvalidity": 3, "uid": 9}
    assert len(mailbox({4: LETTER}, state)[0]) == 1
    assert state == {"of": " rose ", "uidvalidity": 7, "uid": 4}


def test_a_mailbox_that_refuses_the_password_is_said_so() -> None:
    with pytest.raises(Unanswered, match="password"):
        mailbox({}, {}, password="wrong")


def test_a_mailbox_without_tls_is_none(operation: Operation, inside: None) -> None:
    server = Mailbox({})
    server.start()
    of = source(operation, "imap", host=f"127.0.0.1:{server.port}", user="rose", password="right")
    visit(of)
    server.join(5)
    server.listener.close()
    assert "no secure connection" in row(of).problem


# --- the worker and the desk ---------------------------------------------------------------------------------------


def test_the_worker_asks_only_what_is_set_up_and_due(operation: Operation, elsewhere: Elsewhere, inside: None) -> None:
    elsewhere.answers["/feed"] = (200, {}, RSS)
    of = source(operation, "feed", url=elsewhere.url + "/feed")
    assert work.poll() == 2
    work.forget()
    assert work.poll() == 0, "it is not due again"
    Poll.objects.update(next_at=timezone.now())
    Source.objects.filter(pk=of.pk).update(active=False)
    work.forget()
    assert work.poll() == 0, "it is paused"
    assert len(elsewhere.asked) == 1


def test_a_visit_that_another_process_makes_is_not_made_twice(operation: Operation, inside: None) -> None:
    of = source(operation, "feed", url="https://example.org/feed")
    assert work.claim(of) is not None
    assert work.due() is None


def test_what_a_source_lacks_is_said(operation: Operation, inside: None) -> None:
    of = source(operation, "imap", host="mail.example.org")
    visit(of)
    assert row(of).problem == "Fill in user, password of this source."


def test_the_page_of_sources_shows_how_asking_goes(
    operation: Operation, elsewhere: Elsewhere, inside: None, someone: Callable[..., Person], client: Client
) -> None:
    admin = someone("ada", Role.ADMIN)
    of = source(operation, "feed", url=elsewhere.url + "/gone")
    visit(of)
    client.force_login(admin)
    page = client.get(f"/{operation.slug}/sources/").content.decode()
    assert "It answers with 404." in page
    assert "Asked last" in page
    elsewhere.answers["/feed"] = (200, {}, RSS)
    sources.change_settings(of, {"url": elsewhere.url + "/feed"}, admin)
    assert work.poll() == 2, "new settings are tried at once"


def test_a_password_goes_to_no_other_host_than_it_was_given_for(operation: Operation) -> None:
    of = source(operation, "imap", host="mail.example.org", user="rose", password="right")
    with pytest.raises(BadDefinition, match="give password again"):
        sources.change_settings(of, {"host": "mail.example.com", "user": "rose"}, None)


@pytest.mark.parametrize("name", sorted(plugins.POLLED))
def test_a_polled_channel_describes_itself_and_stands_in_the_reference(name: str) -> None:
    way = plugins.polled(name)
    text = (Path(__file__).parents[2] / "docs" / "reference" / "channels.md").read_text()
    assert way.name == name
    for word in (f"`{name}`", way.title, way.proof, *(f"`{setting.name}`" for setting in way.settings)):
        assert word in text, f"{word} is missing in docs/reference/channels.md"
