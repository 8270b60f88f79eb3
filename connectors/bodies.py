"""Reads the body of an answer as a stream, unpacks it, and stops at a cap."""

import gzip
import io
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class UnreadableBody(Exception):  # noqa: N818
    """The body is packed in a way we did not ask for, or the packing is broken."""


class _Chunks(io.RawIOBase):
    """Lets chunks that arrive from the network be read as a file."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        while not self._rest:
            try:
                self._rest = memoryview(next(self._chunks))
            except StopIteration:
                return 0
        taken, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(taken)] = taken
        return len(taken)


def read_at_most(limit: int, response: httpx.Response, chunks: Iterator[bytes]) -> bytes:
    """Return the first ``limit`` unpacked bytes, without ever unpacking more than that.

    httpx would unpack a whole network chunk at once, a thousand times its size at worst.
    ``chunks`` are the raw bytes of ``response``. Raises ``UnreadableBody``.
    """
    source: io.BufferedIOBase = io.BufferedReader(_Chunks(chunks))
    packing = response.headers.get("content-encoding", "identity").strip().lower()
    if packing in {"gzip", "x-gzip"}:
        source = gzip.GzipFile(fileobj=source)
    elif packing not in {"identity", ""}:
        raise UnreadableBody(f"svaret er pakket med {packing}, som vi ikke ba om")
    try:
        return source.read(limit)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UnreadableBody(f"det pakkede svaret er ødelagt: {error}") from error
