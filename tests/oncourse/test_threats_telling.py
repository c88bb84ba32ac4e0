"""T13 and T15 where others are told: nothing inside is called, and nothing that steers gets into a message."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from oncourse.courier import Came, Fence, FenceError, HttpPost
from oncourse.courier import post as module
from oncourse.courier.fence import check, is_public
from oncourse.courier.letters import Letter
from oncourse.courier.messages import digest, pointing
from orchestrator import Waiting
from tests.databases import fresh_url
from tests.house import MONDAY
from tests.oncourse.receivers import receiving
from tests.oncourse.test_webhooks import Telling

PUBLIC = ["93.184.215.14"]
LETTER = Letter(id="t1:1", body=b"{}")
INSIDE = [
    "10.0.0.1",
    "127.0.0.1",
    "127.255.0.1",
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:a00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
BAD_FORMS = [
    "https://api.crm.test@evil.test/",
    "https://user:word@evil.test/",
    "https://@evil.test/",
    "https://evil.test\\@api.crm.test/",
    "http://api.crm.test/",
    "ftp://api.crm.test/",
    "file:///etc/passwd",
    "gopher://api.crm.test/",
    "javascript:alert(1)",
    "//api.crm.test/",
    "api.crm.test/",
    "",
    "https://",
    "https:///path",
    "https://api.crm.test:80/",
    "https://api.crm.test:8443/",
    "https://api.crm.test:0/",
    "https://api.crm.test:99999/",
    "https://api.crm.test:-1/",
    "https://api.crm.test/#fragment",
    " https://api.crm.test/",
    "https://api.crm.test/a b",
    "https://api.crm.test/\r\nHost: evil.test",
    "https://api.crm.test/\x00",
    "https://api\t.crm.test/",
    "https://bücher.test/",
    "https://①②⑦.⓪.⓪.①/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://8.8.8/",
    "https://[fe80::1%25eth0]/",
    "https://[::ffff:a00:1]/",
    "https://[v1.fe80]/",
    "https://api.crm.test/" + "a" * 2000,
    *(f"https://[{one}]/" if ":" in one else f"https://{one}/" for one in INSIDE),
]


def anywhere(_host, _port):
    return PUBLIC


@pytest.mark.parametrize("url", BAD_FORMS)
def test_t15_a_bad_form_is_refused_when_it_is_registered_and_when_something_is_sent(url):
    post = HttpPost(Fence(), anywhere)
    with pytest.raises(FenceError) as refused:
        post.check(url)
    assert "\n" not in str(refused.value)
    answer = post.send(url, LETTER, {})
    assert (answer.came, answer.status, answer.told) == (Came.FAILED, None, str(refused.value))


@pytest.mark.parametrize("address", INSIDE)
def test_t15_a_name_that_leads_inside_is_refused_also_beside_one_that_does_not(address):
    for found in ([address], [*PUBLIC, address], [address, *PUBLIC]):
        with pytest.raises(FenceError, match="public internet"):
            check("https://api.crm.test/", Fence(), lambda _h, _p, found=found: found)


@pytest.mark.parametrize("address", ["93.184.215.14", "8.8.8.8", "2606:2800:220:1::1", "2001:4860:4860::8888"])
def test_t15_the_connection_goes_to_the_address_that_was_checked_and_the_certificate_is_the_names(address):
    target = check("https://api.crm.test/in/b%2Fc?key=k", Fence(), lambda _h, _p: [address])
    where = f"[{address}]" if ":" in address else address
    assert target.url == f"https://{where}/in/b%2Fc?key=k"
    assert (target.host, target.header) == ("api.crm.test", "api.crm.test")
    assert is_public(ip_address(address))


def test_t15_a_name_that_is_nobodys_is_refused():
    def nobody(_host, _port):
        raise socket.gaierror(-2, "Name or service not known")

    for resolver in (nobody, lambda _h, _p: []):
        with pytest.raises(FenceError, match="not known"):
            check("https://api.crm.test/", Fence(), resolver)


def test_t15_other_ports_are_a_setting():
    assert check("https://api.crm.test:8443/", Fence(ports=frozenset({443, 8443})), anywhere).header.endswith(":8443")


def test_t15_this_machine_is_called_only_where_the_setting_says_so(tmp_path):
    for url in ("http://127.0.0.1:9/", "https://127.0.0.1/", "http://[::1]:9/", "https://localhost/"):
        with pytest.raises(FenceError):
            check(url, Fence())
        assert check(url, Fence(loopback=True))
    with pytest.raises(FenceError, match="https only"):
        check("http://10.0.0.1/", Fence(loopback=True))
    with pytest.raises(FenceError, match="public internet"):
        check("https://inside.test/", Fence(loopback=True), lambda _h, _p: ["127.0.0.1", "10.0.0.1"])


def test_t15_a_name_that_leads_inside_only_after_it_was_registered_reaches_nothing(tmp_path):
    """The name was public when it was registered; what is sent is checked anew, and nothing connects."""
    telling = Telling(fresh_url("sqlite", tmp_path))
    answers = [PUBLIC]
    telling.hooks._post = telling.deliveries._post = HttpPost(Fence(), lambda _h, _p: answers[0])
    with receiving() as inside:
        webhook_id, _ = telling.add("https://rebound.test/")
        answers[0] = ["127.0.0.1"]
        telling.house.know()
        telling.house.posture()
        telling.round()
        assert inside.letters == []
        assert "public internet" in telling.see(webhook_id).trouble
        assert "public internet" in telling.hooks.test(webhook_id, telling.root).told
    telling.house.sql.dispose()


def test_t15_the_name_is_looked_up_once_for_each_letter():
    """Between the look at the address and the connection nothing is resolved again: pinned is pinned."""
    asked = []

    def once(host, _port):
        asked.append(host)
        return ["127.0.0.1"]

    with receiving() as here:
        post = HttpPost(Fence(loopback=True), once)
        answer = post.send(f"http://nowhere.invalid:{here.port}/in", LETTER, {"content-type": "application/json"})
    assert answer.came is Came.TAKEN
    assert asked == ["nowhere.invalid"]
    assert here.letters[0][0]["host"] == f"nowhere.invalid:{here.port}"


def certified(folder, name):
    """Return a context for a server of one name, and one for clients that trust it."""
    key = ec.generate_private_key(ec.SECP256R1())
    mine = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(mine)
        .issuer_name(mine)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=made.public_bytes(Encoding.PEM).decode())


def test_t15_the_certificate_must_be_for_the_name_also_where_the_connection_is_pinned(tmp_path, monkeypatch):
    server, client = certified(tmp_path, "hooks.test")
    monkeypatch.setattr(module, "_trust", lambda: client)
    with receiving(server) as here:
        post = HttpPost(Fence(loopback=True), lambda _h, _p: ["127.0.0.1"])
        assert post.send(f"https://hooks.test:{here.port}/", LETTER, {}).came is Came.TAKEN
        answer = post.send(f"https://other.test:{here.port}/", LETTER, {})
        assert (answer.came, answer.told) == (Came.FAILED, "not reached (ConnectError)")
    assert len(here.letters) == 1


def test_t15_no_proxy_of_the_environment_stands_between(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with receiving() as here:
        answer = HttpPost(Fence(loopback=True)).send(here.url, LETTER, {})
    assert answer.came is Came.TAKEN


@given(
    text=st.text(min_size=1, max_size=60),
    account=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=80),
)
def test_t13_nothing_that_others_wrote_gets_into_a_message(text, account):
    one = Waiting(kind="held", account_id=account, told=f"canary-7 {text}".replace("\x00", ""), owner=account)
    told = pointing("review", one, MONDAY, public_url="https://oncourse.test", zone="UTC")
    same = pointing(
        "review",
        one.model_copy(update={"account_id": "x", "told": "y"}),
        MONDAY,
        public_url="https://oncourse.test",
        zone="UTC",
    )
    assert told == same
    many = digest([one] * 3, dict.fromkeys(range(3), MONDAY), public_url="https://oncourse.test", zone="UTC")
    for message in (told, many):
        assert "canary-7" not in message.body + message.title
        assert message.title.isascii()
        assert message.title.isprintable()
        assert all(letter.isascii() and (letter == "\n" or letter.isprintable()) for letter in message.body)


def test_t13_what_steers_a_terminal_or_a_line_is_dropped_wherever_it_comes_from():
    one = Waiting(kind="held", account_id="a", told="x", due_at=MONDAY + timedelta(days=1))
    evil = "https://x.test/\u202e\x1b[31m\x07\r\n\u2066"
    told = pointing("escalation", one, MONDAY, public_url=evil, zone="UTC")
    assert not set(told.body) & set("\u202e\x1b\x07\r\u2066")
    assert told.body.count("\n") == 4
