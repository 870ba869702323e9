"""Downloads: one file of one revision, whole or a range of it."""

from __future__ import annotations

import re
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from hub.api.call import Call
from hub.api.rules import Rule
from hub.objects import read_span
from hub.refusal import Refusal, no_entry

_RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
_TEXT = ("md", "txt", "json", "csv", "yaml", "yml", "py", "c", "h", "toml")
_IMAGES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
}

# A browser may show what strangers uploaded, but never run it.
_HARMLESS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}


def resolve(call: Call) -> Response:
    """The file itself; for HEAD all but the content."""
    repository, commit = call.at_revision()
    path = call.params["path"]
    file = repository.file(commit, path)
    if file is None:
        raise no_entry(repository.repo.id, commit, path[:200])
    tag = f'"{file.pointer.sha256 if file.pointer else file.blob}"'
    headers = _HARMLESS | {
        "X-Repo-Commit": commit,
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Content-Type": _media_type(path),
        "Content-Disposition": f"inline; filename*=UTF-8''{quote(path.rpartition('/')[2])}",
    }
    if file.pointer:
        headers |= {"X-Linked-Etag": tag, "X-Linked-Size": str(file.size)}
    if call.request.headers.get("If-None-Match") == tag:
        return Response(status_code=304, headers=headers)
    start, stop, status = _span(call.request.headers.get("Range", ""), file.size)
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{file.size}"
    headers["Content-Length"] = str(stop - start)
    if call.request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    if file.pointer is None:
        return Response(repository.read(file)[start:stop], status, headers)
    return StreamingResponse(
        read_span(call.store.objects.path(file.pointer.sha256), start, stop), status, headers
    )


def _span(text: str, size: int) -> tuple[int, int, int]:
    """First byte, byte after the last, and the status; several ranges at once are answered with everything.

    Raises:
        Refusal: 416.
    """
    found = _RANGE.fullmatch(text.strip())
    if not found or not (found[1] or found[2]):
        return 0, size, 200
    if found[1]:
        start, stop = int(found[1]), min(int(found[2]) + 1 if found[2] else size, size)
    else:
        start, stop = max(0, size - int(found[2])), size
    if start >= stop:
        raise Refusal(
            416,
            f"range {text[:60]!r}: the file has {size} bytes",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return start, stop, 206


def _media_type(path: str) -> str:
    ending = path.rpartition(".")[2].lower()
    return "text/plain; charset=utf-8" if ending in _TEXT else _IMAGES.get(ending, "application/octet-stream")


RULES = tuple(
    Rule("GET", f"{prefix}/{word}/{{revision}}/{{path*}}", resolve)
    for prefix in ("{kind}/{owner}/{name}", "{owner}/{name}")
    for word in ("resolve", "raw")
)
