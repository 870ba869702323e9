"""A user without settings for each test, an honest hub with one model, and a cache of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import zoo
from tests.tiny import tiny_model
from tests.zoo.hub.evil import Hub
from zoo.hub.cache import HubCache
from zoo.hub.wire import Limits

# So that a hub that does nothing costs a test a moment.
LIMITS = Limits(
    connect_s=2.0, answer_s=0.8, window_s=0.4, window_bytes=200, tries=3, pause_s=0.01, longest_pause_s=1.0
)
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
SETTINGS = (
    *("HF_ENDPOINT", "HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_OFFLINE", "HF_HUB_DISABLE_PROGRESS_BARS"),
    *("ZOO_KEY_PASSWORD", "SSL_CERT_FILE", *PROXIES, *(name.upper() for name in PROXIES)),
)


@pytest.fixture(autouse=True)
def nobody(no_network: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings in the environment, and none of whoever runs the tests."""
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    for name in ("ZOO_CONFIG", "ZOO_CACHE", "HF_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))


@pytest.fixture(scope="session")
def tiny_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a small model, one of them long enough to break off."""
    folder = zoo.save(
        tiny_model(),
        tmp_path_factory.mktemp("published") / "tiny",
        extra={
            "training.csv": b"step,loss\n" + b"".join(b"%d,0.5\n" % step for step in range(60_000)),
            "checkpoint.safetensors": b"weights to train on from",
            "prebuilt/armv7-pd/tiny~.pd_linux": b"\x7fELF",
        },
    )
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def hub(nobody: None, tiny_files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with that model."""
    with Hub(dict(tiny_files)) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        yield running


@pytest.fixture
def cache(nobody: None) -> HubCache:
    """The cache of this test."""
    return HubCache()
