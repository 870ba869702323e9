"""A hub with something to lose, and what must hold whatever clients send."""

from __future__ import annotations

from collections.abc import Iterator

from tests.hub.raw import Answer, commit_body, digest_of, exchange, send
from tests.hub.serving import Hub

API = "/api/models/lab/precious"
COMMIT = f"{API}/commit/main"
SECRET = b"the canary sings"


class Besieged:
    """A hub with something to lose, and who may do what on it."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.lab = hub.token("lab")
        self.reader = hub.token("lab", "read")
        self.eve = hub.token("eve")
        self.outside = hub.folder.parent / "canary.txt"
        self.outside.write_bytes(SECRET)
        for name in ("precious", "hidden"):
            made = {"name": name, "organization": "lab", "private": name == "hidden"}
            assert self.send("POST", "/api/repos/create", made, self.lab).status == 200
            body = commit_body(
                {"a.txt": b"alpha", "folder/b.txt": b"beta", "large.bin": name.encode() * 200_000}
            )
            assert self.send("POST", f"/api/models/lab/{name}/commit/main", body, self.lab).status == 200

    def send(self, method: str, target: str, body: bytes | object = b"", token: str | None = None) -> Answer:
        return send(self.hub.port, method, target, token, body)

    def raw(self, sent: bytes | Iterator[bytes], *, shut: bool = False) -> Answer:
        return exchange(self.hub.port, sent, shut=shut)

    def digest(self) -> str:
        """Of all that people trusted it with."""
        return digest_of(self.hub.folder / "repos") + digest_of(self.hub.folder / "objects")


def refused(answer: Answer, *statuses: int) -> None:
    """The answer is a refusal that says why and gives nothing away."""
    assert answer.status in (statuses or range(400, 500)), (answer.status, answer.body[:300])
    said = answer.head.encode("latin-1") + answer.body
    for leak in (SECRET, b"sha256", b"Traceback", b"root:", b'File "', b"[core]"):
        assert leak not in said, said[:500]
