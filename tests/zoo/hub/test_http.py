"""Trying again, going on, redirects, proxies, TLS: who hears the token, and whose bytes are believed."""

from __future__ import annotations

import datetime
import errno
import hashlib
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.zoo.hub.conftest import LIMITS
from tests.zoo.hub.evil import COMMIT, Hub, Request, answer, giving, raw, saying
from zoo import HubError
from zoo.hub.cache import HubCache
from zoo.hub.get import fetch
from zoo.hub.http import Client, _retry_after
from zoo.hub.names import RepoId
from zoo.hub.wire import Limits

LOG = "training.csv"


def get(limits: Limits = LIMITS) -> Path:
    return fetch(RepoId("test", "tiny"), limits=limits)


def part(data: bytes, size: int) -> bytes:
    """An honest answer of which only the beginning comes."""
    head = f'HTTP/1.1 200 OK\r\nETag: "good"\r\nContent-Length: {len(data)}\r\n\r\n'
    return head.encode() + data[:size]


def test_what_passes_is_tried_again(hub: Hub) -> None:
    hub.evil["/revision/main"] = [saying(503), saying(429, Retry_After="0"), None]
    hub.evil["manifest.json"] = [raw(b""), raw(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"), None]
    folder = get()
    assert (folder / LOG).read_bytes() == hub.files[LOG]
    assert (len(hub.asked("/revision/main")), len(hub.asked("manifest.json"))) == (3, 3)


def test_pauses_grow_and_a_hub_may_ask_for_longer_ones(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("zoo.hub.http.time.sleep", pauses.append)
    hub.evil["/x"] = [saying(500)]
    client = Client(hub.endpoint, limits=Limits(tries=4, pause_s=1.0))
    with pytest.raises(HubError, match="HTTP 500"):
        client.get("/x", 10)
    assert len(pauses) == 3
    assert all(0.5 * 2**n <= pause <= 1.5 * 2**n for n, pause in enumerate(pauses))
    pauses.clear()
    hub.evil["/x"] = [saying(503, Retry_After="30"), giving(b"well")]
    assert client.get("/x", 10) == b"well"
    assert pauses == [30.0]


def test_retry_after_may_be_a_date() -> None:
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=40)
    assert _retry_after(later.strftime("%a, %d %b %Y %H:%M:%S GMT")) == pytest.approx(40, abs=3)
    assert _retry_after("Fri, 01 Jan 1999 00:00:00 GMT") == 0
    assert [_retry_after(text) for text in (None, "", "soon", "-1", "1e9", "²")] == [None] * 6


def test_a_broken_download_goes_on_where_it_ended(hub: Hub) -> None:
    data = hub.files[LOG]
    hub.evil[LOG] = [lambda _: part(data, 200_000), None]
    hub.evil[LOG].insert(1, lambda r: hub.honest(Request(r.path, {**r.headers, "if-range": ""})))
    folder = get()
    assert (folder / LOG).read_bytes() == data
    first, second = hub.asked(LOG)
    assert "range" not in first.headers
    assert 0 < int(second.headers["range"].removeprefix("bytes=").rstrip("-")) <= 200_000
    assert second.headers["if-range"] == '"good"'


@pytest.mark.parametrize(
    ("status", "span"),
    [
        (200, ""),
        (206, "bytes 5-9/10"),
        (206, ""),
        (416, "bytes */7"),
        (206, "bytes " + "9" * 20 + "-1/2"),
    ],
)
def test_what_does_not_go_on_there_starts_anew(hub: Hub, status: int, span: str) -> None:
    data = hub.files[LOG]
    whole = answer(data, status, {"Content-Range": span} if span else {})
    hub.evil[LOG] = [lambda _: part(data, 100_000), lambda _: whole, lambda _: answer(data)]
    assert (get() / LOG).read_bytes() == data


def test_what_was_kept_of_other_bytes_is_given_up(hub: Hub, cache: HubCache) -> None:
    data = hub.files[LOG]
    folder = cache.partial(hashlib.sha256(hub.files["manifest.json"]).hexdigest())
    (folder / hashlib.sha256(data).hexdigest()).write_bytes(b"x" * 300_000)
    assert (get() / LOG).read_bytes() == data
    assert [request.headers.get("range") for request in hub.asked(LOG)] == ["bytes=300000-", None]


def test_a_whole_file_that_was_kept_is_not_asked_for_again(hub: Hub, cache: HubCache) -> None:
    data = hub.files[LOG]
    folder = cache.partial(hashlib.sha256(hub.files["manifest.json"]).hexdigest())
    (folder / hashlib.sha256(data).hexdigest()).write_bytes(data)
    assert (get() / LOG).read_bytes() == data
    assert hub.asked(LOG) == []


def test_a_redirect_to_another_origin_does_not_hear_the_token(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    with Hub(hub.files) as other:
        place = f"/test/tiny/resolve/{COMMIT}/{LOG}"
        hub.evil[LOG] = [saying(302, Location=f"http://127.0.0.1:{other.port}{place}")]
        hub.evil["README.md"] = [saying(307, Location=f"/test/tiny/resolve/{'a' * 40}/config.json"), None]
        hub.files["config.json"], readme = hub.files["README.md"], hub.files["config.json"]
        with pytest.raises(HubError):  # the other file's bytes came: they are not those of README.md
            get()
        hub.files["config.json"] = readme
        hub.evil["README.md"] = [None]
        assert (get() / LOG).read_bytes() == hub.files[LOG]
        assert other.asked(LOG)
        assert all("authorization" not in request.headers for request in other.requests)
    moved = [r for r in hub.requests if "a" * 40 in r.path]
    assert [request.headers["authorization"] for request in moved] == ["Bearer hf_secret"]


def test_proxies_of_the_environment(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with Hub(hub.files) as proxy:
        monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
        monkeypatch.setenv("http_proxy", f"http://me:pass@127.0.0.1:{proxy.port}")
        proxy.evil["/revision/main"] = [giving(b'{"sha": "%s"}' % COMMIT.encode())]
        with pytest.raises(HubError, match="http://hub.invalid: no such repository"):
            get()
        first = proxy.requests[0]
        assert first.path == "http://hub.invalid/api/models/test/tiny/revision/main"
        assert first.headers["host"] == "hub.invalid"
        assert first.headers["proxy-authorization"] == "Basic bWU6cGFzcw=="
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        count = len(proxy.requests)
        get()
        assert len(proxy.requests) == count
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    with pytest.raises(HubError, match=r"http_proxy: expected http://host:port, found socks5"):
        get()


def test_an_unknown_host_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    started = time.monotonic()
    with pytest.raises(HubError, match=r"no address found.*Check the network and HF_ENDPOINT"):
        get(Limits(pause_s=5.0))
    assert time.monotonic() - started < 4


def make_certificate(path: Path, first: int, last: int) -> Path:
    """Key and certificate of 127.0.0.1, signed by itself, good from and to so many days from now."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=first))
        .not_valid_after(now + datetime.timedelta(days=last))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return path


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that is good today."""
    return make_certificate(tmp_path_factory.mktemp("tls") / "hub.pem", -1, 1)


@pytest.mark.parametrize(("first", "last"), [(-9, -8), (8, 9)])
def test_a_certificate_of_another_time_may_mean_that_the_clock_is_wrong(
    hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, first: int, last: int
) -> None:
    path = make_certificate(tmp_path / "hub.pem", first, last)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    with Hub(hub.files, tls=context) as secure:
        monkeypatch.setenv("HF_ENDPOINT", secure.endpoint)
        monkeypatch.setenv("SSL_CERT_FILE", str(path))
        with pytest.raises(HubError, match=r"certificate: .*is this machine's clock right"):
            get()


def test_tls_and_no_way_down_from_it(
    hub: Hub, certificate: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with Hub(hub.files, tls=context) as secure:
        monkeypatch.setenv("HF_ENDPOINT", secure.endpoint)
        with pytest.raises(HubError, match=r"certificate: .*Name your own authority in SSL_CERT_FILE"):
            get()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        secure.evil["README.md"] = [saying(302, Location=f"{hub.endpoint}/README.md"), None]
        with pytest.raises(HubError, match="redirects from https to http://127"):
            get()
        assert hub.requests == []
        assert (get() / LOG).read_bytes() == hub.files[LOG]


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Pass bytes on until there are no more."""
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def tunnelling(asked: list[str]) -> Iterator[int]:
    """The port of a proxy that tunnels, and what it was asked for."""

    def serve(near: socket.socket) -> None:
        with suppress(OSError), near:
            head = near.recv(65_536).decode()
            asked.append(head)
            host, _, port = head.split()[1].rpartition(":")
            with socket.create_connection((host, int(port))) as far:
                near.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=pump, args=(far, near), daemon=True)
                back.start()
                pump(near, far)
                back.join(5)

    def listen() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=listen, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def test_tls_through_a_proxy_that_does_not_hear_the_token(
    hub: Hub, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    asked: list[str] = []
    with Hub(hub.files, tls=context) as secure, tunnelling(asked) as port:
        monkeypatch.setenv("HF_ENDPOINT", secure.endpoint)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        monkeypatch.setenv("https_proxy", f"http://me:pass@127.0.0.1:{port}")
        monkeypatch.setenv("HF_TOKEN", "hf_secret")
        assert (get() / LOG).read_bytes() == hub.files[LOG]
        assert len(asked) == len(secure.requests) > 5
    assert all(head.startswith(f"CONNECT 127.0.0.1:{secure.port} ") for head in asked)
    assert all("Proxy-Authorization: Basic bWU6cGFzcw==" in head for head in asked)
    assert not any("hf_secret" in head for head in asked)
    assert {request.headers["authorization"] for request in secure.requests} == {"Bearer hf_secret"}
    assert not any("proxy-authorization" in request.headers for request in secure.requests)


def test_a_full_disk_is_said_and_leaves_no_half_model(
    hub: Hub, cache: HubCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zoo.hub import arrive, download

    class Full:
        free = 1_000

    monkeypatch.setattr(arrive.shutil, "disk_usage", lambda _: Full)
    with pytest.raises(HubError, match=r"the disk has 1,000 bytes left, [\d,]+ are needed\. Make room"):
        get()
    monkeypatch.undo()
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("ZOO_CACHE", str(cache.root.parent))

    def write(self: object, block: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download._Partial, "write", write)
    with pytest.raises(HubError, match=r"the disk is full\. Make room.*ZOO_CACHE.*gone on with"):
        get()
    assert cache.models() == {}
