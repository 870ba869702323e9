"""A hub that means harm: nothing it sends is used or written outside the cache, and each try ends soon.

Every case is refused with one line. `refused` compares all that lies around the cache before and after.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import zoo
from tests.tiny import tiny_model
from tests.zoo.hub.conftest import LIMITS
from tests.zoo.hub.evil import COMMIT, Behaviour, Hub, Request, giving, raw, saying
from zoo import HubError, ModelError, ZooError
from zoo.hub.cache import HubCache
from zoo.hub.get import fetch
from zoo.hub.names import RepoId
from zoo.hub.wire import Limits

OK = b"HTTP/1.1 200 OK\r\n"
DEADLINE_S = 6.0
HASTY = replace(LIMITS, answer_s=0.4, tries=2)


def around(root: Path) -> dict[str, str]:
    """Every file below, but for those in the cache's own folder."""
    own = HubCache().root
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "-"
        for path in sorted(root.rglob("*"))
        if not path.is_relative_to(own) and path not in own.parents
    }


def refused(tmp_path: Path, *says: str, kind: type[ZooError] = HubError, limits: Limits = LIMITS) -> None:
    """One error of one line, soon; no model in the cache and nothing anywhere else."""
    (tmp_path / "victim").write_text("dear")
    before, started = around(tmp_path), time.monotonic()
    with pytest.raises(kind) as caught:
        fetch(RepoId("test", "tiny"), limits=limits)
    assert time.monotonic() - started < DEADLINE_S
    message = str(caught.value)
    assert [part for part in says if part not in message] == [], message
    assert message.isprintable()
    assert len(message) < 1_500
    assert around(tmp_path) == before
    cache = HubCache()
    assert cache.models() == {}
    assert [path for path in cache.leftovers() if path.name.startswith(".")] == []
    assert cache.commits() == []


def manifest(hub: Hub, change: Callable[[dict[str, Any]], None]) -> None:
    """Publish another manifest."""
    document = json.loads(hub.files["manifest.json"])
    change(document["files"])
    hub.files["manifest.json"] = json.dumps(document).encode()


def publish(hub: Hub, name: str, data: bytes) -> None:
    """Publish a file with its true size and digest: what a careful attacker does."""
    hub.files[name] = data
    entry = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest(hub, lambda files: files.update({name: entry}))


# What the hub does, to which request, and what is said of it.
DEEDS: dict[str, tuple[str, Behaviour, tuple[str, ...]]] = {
    "a Git LFS pointer for a file": (
        "training.csv",
        giving(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"),
        ("announced. It may be a Git LFS pointer",),
    ),
    "a Git LFS pointer for the manifest": (
        "manifest.json",
        giving(b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n"),
        ("manifest.json: a Git LFS pointer, not the file",),
    ),
    "a login page for the manifest": (
        "manifest.json",
        giving(b"\n<!DOCTYPE html><title>Free WLAN"),
        ("a web page, not the file. Does this network want you to log in first?",),
    ),
    "more bytes than announced in the manifest": (
        "README.md",
        raw(OK + b"\r\n", *[b"x" * 4096] * 64),
        ("README.md: expected", "found more"),
    ),
    "an endless body": (
        "manifest.json",
        lambda _: itertools.chain([OK + b"\r\n"], itertools.repeat(b"x" * 65_536)),
        ("more than 262144 bytes",),
    ),
    "an endless chunked body": (
        "manifest.json",
        lambda _: itertools.chain(
            [OK + b"Transfer-Encoding: chunked\r\n\r\n"],
            itertools.repeat(b"1000\r\n" + b"x" * 4096 + b"\r\n"),
        ),
        ("more than 262144 bytes",),
    ),
    "endless trailers": (
        "manifest.json",
        lambda _: itertools.chain(
            [OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"], itertools.repeat(b"X: y\r\n" * 1000)
        ),
        ("bytes of headers or framing",),
    ),
    "an endless answer about the repository": (
        "/revision/main",
        lambda _: itertools.chain([OK + b"\r\n"], itertools.repeat(b"[" * 65_536)),
        ("more than 4194304 bytes",),
    ),
    "deeply nested JSON": ("/revision/main", giving(b"[" * 200_000), ("with a commit of 40 hex digits",)),
    "no commit": ("/revision/main", giving(b'{"sha": "../../../etc/passwd"}'), ("40 hex digits",)),
    "a web page": ("/revision/main", giving(b"<html>Log in</html>"), ("Is this a hub?",)),
    "a gzip body": (
        "README.md",
        giving(gzip.compress(b"0" * 10_000_000), Content_Encoding="gzip"),
        ("expected the bytes themselves, found them as 'gzip'",),
    ),
    "many headers": (
        "manifest.json",
        raw(OK + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\n"),
        ("no HTTP answer", "headers"),
    ),
    "endless headers": (
        "manifest.json",
        lambda _: itertools.chain([OK], itertools.repeat(b"X: " + b"y" * 50_000 + b"\r\n")),
        ("bytes of headers or framing",),
    ),
    "a header without an end": (
        "manifest.json",
        lambda _: itertools.chain([OK + b"X: "], itertools.repeat(b"y" * 50_000)),
        ("bytes of headers or framing",),
    ),
    "a flood of interim answers": (
        "manifest.json",
        lambda _: itertools.repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
        ("bytes of headers or framing",),
    ),
    "another interim answer": ("manifest.json", raw(b"HTTP/1.1 103 Early Hints\r\n\r\n"), ("HTTP 103",)),
    "no HTTP": ("manifest.json", raw(b"SSH-2.0-OpenSSH_9.9\r\n"), ("no HTTP answer", "try again later")),
    "nothing": ("manifest.json", raw(b""), ("no HTTP answer",)),
    "a length that is none": (
        "README.md",
        raw(OK + b"Content-Length: -1\r\n\r\n" + b"x" * 10),
        ("ended after 10 of",),
    ),
    "a length that is too short": (
        "README.md",
        raw(OK + b"Content-Length: 7\r\n\r\nabcdefg"),
        ("found 7 announced",),
    ),
    "a length of many digits": (
        "README.md",
        raw(OK + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n"),
        ("announced",),
    ),
    "a body that always ends early": (
        "training.csv",
        raw(OK + b"\r\n" + b"x" * 1_000),
        ("the answer ended after", "try again later"),
    ),
    "errors without end": ("manifest.json", saying(500, X_Error_Message="Oh\x00no"), ("HTTP 500: Oh?no",)),
    "a wait of a year": (
        "manifest.json",
        saying(429, Retry_After="31536000"),
        ("asks to wait for 31536000 s",),
    ),
    "a redirect in a circle": (
        "manifest.json",
        saying(302, Location=f"/test/tiny/resolve/{COMMIT}/manifest.json"),
        ("more than 5 redirects",),
    ),
    "a redirect to a file": (
        "manifest.json",
        saying(302, Location="file://localhost/etc/passwd"),
        (": no http(s) address",),
    ),
    "a redirect to nowhere": ("manifest.json", saying(302), ("redirects to 'None'",)),
    "a redirect with a password": (
        "manifest.json",
        saying(302, Location="http://me:secret@127.0.0.1:1/"),
        (": no http(s) address",),
    ),
    "a redirect of two lines": (
        "manifest.json",
        saying(302, Location="http://127.0.0.1:1/ HTTP/1.1\x0bX: y"),
        (": no http(s) address",),
    ),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_deeds(hub: Hub, tmp_path: Path, deed: str) -> None:
    end, behaviour, says = DEEDS[deed]
    hub.evil[end] = [behaviour]
    refused(tmp_path, *says, kind=HubError)


def test_wrong_bytes_of_the_right_length(hub: Hub, tmp_path: Path) -> None:
    hub.evil["README.md"] = [giving(b"y" * len(hub.files["README.md"]))]
    refused(tmp_path, "README.md: SHA-256: expected", "other bytes than were published")


@pytest.mark.parametrize("where", ["headers", "body", "interim answers"])
def test_a_slow_drip_is_left(hub: Hub, tmp_path: Path, where: str) -> None:
    first, drop = {
        "headers": (OK, b"X: y\r\n"),
        "body": (OK + b"Content-Length: 200000\r\n\r\n", b"x"),
        "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    }[where]
    hub.gap_s = 0.05
    hub.evil["manifest.json"] = [lambda _: itertools.chain([first], itertools.repeat(drop))]
    refused(tmp_path, "too slow", "bytes in 0.", limits=HASTY)


def test_a_hub_that_says_nothing_is_left(hub: Hub, tmp_path: Path) -> None:
    def silence(_: Request) -> Iterator[bytes]:
        hub._stopped.wait(10)
        yield b""

    hub.evil["manifest.json"] = [silence]
    refused(tmp_path, "too slow: 0 bytes", limits=HASTY)


@pytest.mark.parametrize(
    "tag", ['"../../../../victim"', '"/etc/passwd"', "W/x", '"' + "a" * 5000 + '"', '"a"\x0bIf-None-Match: *']
)
def test_an_etag_chooses_nothing(hub: Hub, tmp_path: Path, cache: HubCache, tag: str) -> None:
    before = around(tmp_path)
    name, data = "training.csv", hub.files["training.csv"]
    part = raw(
        f"HTTP/1.1 200 OK\r\nETag: {tag}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data[:90_000]
    )
    hub.evil[name] = [part, None]
    folder = fetch(RepoId("test", "tiny"), limits=LIMITS)
    assert (folder / name).read_bytes() == data
    assert around(tmp_path) == before
    again = hub.asked(name)[1].headers
    assert again.get("if-range") in (None, '"../../../../victim"', '"/etc/passwd"')
    assert {p.name for p in cache.root.rglob("*")} & {"victim", "passwd"} == set()


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../victim",
            "/etc/passwd",
            "..\\victim",
            "a\\b",
            "C:victim",
            "prebuilt/../../victim",
            "prebuilt/x/../y",
        ),
        *(
            "prebuilt/x/y/z",
            ".git/hooks/post-checkout",
            "README.md\x00",
            "con",
            "pytorch_model.bin",
            "",
            "a" * 5000,
        ),
        *("manifest.json", "manifest.sig", "README.md/"),
    ],
)
def test_a_name_that_no_model_has_is_refused(hub: Hub, tmp_path: Path, name: str) -> None:
    manifest(hub, lambda files: files.update({name: files["README.md"]}))
    refused(tmp_path, "test/tiny@c0ffee00", "tell who published it", kind=ModelError)
    assert {request.path.rpartition("/")[2] for request in hub.requests} == {
        "main",
        "manifest.json",
        "manifest.sig",
    }


LIES: dict[str, Callable[[dict[str, Any]], None]] = {
    "a negative size": lambda files: files["README.md"].update(bytes=-1),
    "a size as text": lambda files: files["README.md"].update(bytes="9"),
    "a size above the limit": lambda files: files["README.md"].update(bytes=1 << 40),
    "a digest that is a path": lambda files: files["README.md"].update(sha256="../" * 21 + "x"),
    "a digest in capitals": lambda files: files["README.md"].update(sha256="A" * 64),
    "one more key": lambda files: files["README.md"].update(url="http://127.0.0.1/"),
    "no config": lambda files: files.pop("config.json"),
    "thousands of files": lambda files: files.update(
        {f"prebuilt/x/{n}": {"bytes": 0, "sha256": "0" * 64} for n in range(2_000)}
    ),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_manifest_that_lies_is_refused_before_any_file_is_asked_for(
    hub: Hub, tmp_path: Path, lie: str
) -> None:
    manifest(hub, LIES[lie])
    refused(tmp_path, "tell who published it", kind=ModelError)
    assert not hub.asked("README.md")


def test_a_manifest_of_a_hundred_thousand_files_is_too_large(hub: Hub, tmp_path: Path) -> None:
    manifest(hub, lambda files: files.update({f"prebuilt/x/{n}": {} for n in range(100_000)}))
    refused(tmp_path, "more than 262144 bytes")


def test_a_key_that_stands_twice_is_refused(hub: Hub, tmp_path: Path) -> None:
    hub.files["manifest.json"] = hub.files["manifest.json"].replace(b'"files"', b'"format": "x", "files"')
    refused(tmp_path, "'format' twice", kind=ModelError)


def test_a_smaller_file_than_the_manifest_says(hub: Hub, tmp_path: Path) -> None:
    manifest(hub, lambda files: files["README.md"].update(bytes=files["README.md"]["bytes"] + 1))
    refused(tmp_path, "README.md: expected", "announced")


def header(document: object) -> bytes:
    text = json.dumps(document).encode()
    return len(text).to_bytes(8, "little") + text


CONTENTS = {
    "a header of exabytes": ("model.safetensors", (1 << 62).to_bytes(8, "little") + b"{}"),
    "a header of two megabytes": (
        "model.safetensors",
        (2 << 20).to_bytes(8, "little") + b"{}".ljust(2 << 20),
    ),
    "a hundred thousand tensors": (
        "model.safetensors",
        header({f"t{n}": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for n in range(100_000)}),
    ),
    "tensors of terabytes": (
        "model.safetensors",
        header({"circuit.op": {"dtype": "U8", "shape": [1 << 42], "data_offsets": [0, 1 << 42]}}),
    ),
    "a thousand times the same tensor": (
        "model.safetensors",
        (22_000).to_bytes(8, "little")
        + b"{"
        + b",".join([b'"circuit.op":{"a":1}'] * 1000).ljust(21_998)
        + b"}",
    ),
    "a pickle": ("model.safetensors", b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x02os\x94."),
    "deep JSON": ("config.json", b'{"a":' * 10_000),
    "another front end": ("config.json", b'{"format": "difflogic-zoo/1", "frontend": {"kind": "os.system"}}'),
    "golden vectors of nothing": ("golden.safetensors", b""),
}


@pytest.mark.parametrize("what", CONTENTS)
def test_files_that_are_as_published_and_no_model_are_not_kept(hub: Hub, tmp_path: Path, what: str) -> None:
    name, data = CONTENTS[what]
    publish(hub, name, data)
    refused(tmp_path, f"test/tiny@c0ffee00/{name}", "tell who published it", kind=ModelError)


def test_weights_of_another_model_are_refused(hub: Hub, tmp_path: Path) -> None:
    other = zoo.save(tiny_model(1), tmp_path / "other")
    publish(hub, "model.safetensors", (other / "model.safetensors").read_bytes())
    refused(tmp_path, "circuit digest", kind=ModelError)


def test_a_link_planted_in_the_cache_is_not_followed(hub: Hub, tmp_path: Path, cache: HubCache) -> None:
    sha256 = hashlib.sha256(hub.files["manifest.json"]).hexdigest()
    digest = json.loads(hub.files["manifest.json"])["files"]["README.md"]["sha256"]
    (cache.partial(sha256) / digest).symlink_to(tmp_path / "victim")
    refused(tmp_path, "found a symbolic link. Remove it.")
    (cache.partial(sha256) / digest).unlink()
    models, elsewhere = cache.root / "models", tmp_path / "elsewhere"
    elsewhere.mkdir()
    models.symlink_to(elsewhere)
    refused(tmp_path, "models: expected a folder, found a symbolic link. Remove it.")
    models.unlink()
    models.mkdir()
    cache.model(sha256).symlink_to(elsewhere)
    with pytest.raises(HubError, match="expected a folder, found a link"):
        fetch(RepoId("test", "tiny"), limits=LIMITS)
    assert list(elsewhere.iterdir()) == []
