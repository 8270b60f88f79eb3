"""A local server that behaves as Slack documents: enough of the Web API to test delivery.

https://docs.slack.dev/reference/methods/chat.postMessage and its neighbours. Two things are not
documented and are our reading: what ``chat.postMessage`` answers when the thread is gone
(``thread_not_found``), and that lengths are counted in UTF-16 units.
"""

import json
import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

TOKEN = "xoxb-not-a-real-token"

TEXT_LIMIT = 40_000
LIMITS = {"header": 150, "section": 3000, "context": 3000}
PINGS = re.compile(r"<[!@#]")


class CutConnectionError(Exception):
    """The server hangs up without a word."""


@dataclass(frozen=True)
class Answer:
    body: dict[str, Any] | str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Call = dict[str, Any]
Handle = Callable[[Call], Answer]
Mode = Callable[[Handle, Call], Answer]
"""How one call is answered: given Slack's usual way and the call."""


def refused(code: str, **more: Any) -> Mode:
    return lambda _handle, _call: Answer({"ok": False, "error": code, **more})


def too_many(retry_after: str | None) -> Mode:
    headers = {"Retry-After": retry_after} if retry_after is not None else {}
    body = {"ok": False, "error": "ratelimited"}
    return lambda _handle, _call: Answer(body, 429, headers)


def status(code: int, body: str = "<html>upstream</html>") -> Mode:
    return lambda _handle, _call: Answer(body, code)


def garbled(body: str = "not json") -> Mode:
    return lambda _handle, _call: Answer(body)


def cut_before_accepting(_handle: Handle, _call: Call) -> Answer:
    raise CutConnectionError


def accept_then_cut(handle: Handle, call: Call) -> Answer:
    handle(call)
    raise CutConnectionError


def accept_then_fail(handle: Handle, call: Call) -> Answer:
    handle(call)
    return Answer({"ok": False, "error": "internal_error"})


@dataclass
class Stored:
    """A message as Slack keeps it."""

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any] | None
    thread_ts: str | None
    edits: int = 0

    def shown(self, *, metadata: bool) -> dict[str, Any]:
        entry: dict[str, Any] = {"type": "message", "ts": self.ts, "text": self.text}
        if self.thread_ts:
            entry["thread_ts"] = self.thread_ts
        if metadata and self.metadata:
            entry["metadata"] = self.metadata
        return entry

    @property
    def keys(self) -> list[str]:
        return self.metadata["event_payload"]["keys"] if self.metadata else []

    @property
    def pings(self) -> bool:
        texts = [self.text, *(words for _, words in _texts(self.blocks))]
        return any(PINGS.search(words) for words in texts)


class FakeSlack:
    """Keeps messages in memory. ``script`` says how the next calls of a method are answered."""

    def __init__(
        self,
        channels: Iterable[str],
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        """``monotonic``: measure one message a second and channel by this clock, or not at all."""
        self.channels = set(channels)
        self.archived: set[str] = set()
        self.people: set[str] = set()
        self.bots: set[str] = set()
        self.messages: list[Stored] = []
        self.calls: list[tuple[str, Call]] = []
        self.released = threading.Event()
        self.page_size = 100
        self.now, self._monotonic = now, monotonic
        self._script: dict[str, deque[Mode]] = defaultdict(deque)
        self._last_post: dict[str, float] = {}
        self._lock = threading.Lock()

    def script(self, method: str, *modes: Mode) -> None:
        self._script[method].extend(modes)

    def slow(self, handle: Handle, call: Call) -> Answer:
        """Accept, then answer only when the server stops."""
        answer = handle(call)
        self.released.wait(30)
        return answer

    @property
    def parents(self) -> list[Stored]:
        return [m for m in self.messages if m.thread_ts is None]

    @property
    def replies(self) -> list[Stored]:
        return [m for m in self.messages if m.thread_ts is not None]

    def called(self, method: str) -> list[Call]:
        return [call for name, call in self.calls if name == method]

    def delete(self, message: Stored) -> None:
        self.messages = [m for m in self.messages if m is not message]

    def answer(self, method: str, call: Call, token: str) -> Answer:
        with self._lock:
            self.calls.append((method, call))
            mode = self._script[method].popleft() if self._script[method] else None
        if token != TOKEN:
            return _no("invalid_auth" if token else "not_authed")
        handle: Handle = getattr(self, "_" + method.replace(".", "_").lower(), _unknown)
        return mode(handle, call) if mode else handle(call)

    def _auth_test(self, _call: Call) -> Answer:
        return Answer({"ok": True, "user": "horinger", "team": "KS"})

    def _conversations_open(self, call: Call) -> Answer:
        """Open the one conversation with a person; the same each time it is asked for."""
        user = call.get("users", "")
        if user in self.bots:
            return _no("cannot_dm_bot")
        if user not in self.people:
            return _no("user_not_found")
        address = f"D{user[1:]}"
        known = address in self.channels
        self.channels.add(address)
        return Answer({"ok": True, "already_open": known, "channel": {"id": address}})

    def _chat_postmessage(self, call: Call) -> Answer:
        if problem := self._problem(call):
            return problem
        thread = call.get("thread_ts")
        if thread and not self._find(call["channel"], thread):
            return _no("thread_not_found")
        if self._too_fast(call["channel"]):
            return Answer({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": "1"})
        ts = f"{self.now() + len(self.messages) * 1e-4:.6f}"
        stored = Stored(
            call["channel"], ts, call["text"], call["blocks"], call.get("metadata"), thread
        )
        with self._lock:
            self.messages.append(stored)
        return Answer({"ok": True, "channel": stored.channel, "ts": ts})

    def _chat_update(self, call: Call) -> Answer:
        if problem := self._problem(call):
            return problem
        stored = self._find(call["channel"], call["ts"])
        if stored is None:
            return _no("message_not_found")
        stored.text, stored.blocks = call["text"], call["blocks"]
        stored.edits += 1
        return Answer({"ok": True, "channel": stored.channel, "ts": stored.ts})

    def _conversations_history(self, call: Call) -> Answer:
        here = [m for m in self.parents if m.channel == call["channel"]]
        return self._page(call, sorted(here, key=lambda m: m.ts, reverse=True))

    def _conversations_replies(self, call: Call) -> Answer:
        parent = self._find(call["channel"], call["ts"])
        if parent is None:
            return _no("thread_not_found")
        under = [m for m in self.replies if m.thread_ts == parent.ts]
        return self._page(call, [parent, *sorted(under, key=lambda m: m.ts)])

    def _page(self, call: Call, found: list[Stored]) -> Answer:
        if call["channel"] not in self.channels:
            return _no("channel_not_found")
        oldest, latest = float(call.get("oldest", 0)), float(call.get("latest", "inf"))
        wanted = [m for m in found if oldest < float(m.ts) < latest]
        start = int(call.get("cursor") or 0)
        end = start + min(int(call.get("limit", 100)), self.page_size)
        shown = [m.shown(metadata=call.get("include_all_metadata") == "1") for m in wanted]
        cursor = str(end) if end < len(shown) else ""
        return Answer(
            {
                "ok": True,
                "messages": shown[start:end],
                "has_more": bool(cursor),
                "response_metadata": {"next_cursor": cursor},
            }
        )

    def _find(self, channel: str, ts: str) -> Stored | None:
        return next((m for m in self.messages if (m.channel, m.ts) == (channel, ts)), None)

    def _problem(self, call: Call) -> Answer | None:
        metadata = call.get("metadata", {"event_type": "", "event_payload": {}})
        wrong = problem_in(call.get("blocks", []))
        codes = {
            "channel_not_found": call["channel"] not in self.channels,
            "is_archived": call["channel"] in self.archived,
            "no_text": not call.get("text"),
            "msg_too_long": _length(call.get("text", "")) > TEXT_LIMIT,
            "invalid_blocks": wrong is not None,
            "invalid_metadata_format": not isinstance(metadata["event_payload"], dict),
        }
        code = next((code for code, is_so in codes.items() if is_so), None)
        return _no(code, errors=[wrong]) if code else None

    def _too_fast(self, channel: str) -> bool:
        if self._monotonic is None:
            return False
        now, last = self._monotonic(), self._last_post.get(channel)
        if last is not None and now - last < 1:
            return True
        self._last_post[channel] = now
        return False


def problem_in(blocks: list[dict[str, Any]]) -> str | None:
    """Name the first way in which blocks break Slack's documented limits."""
    if len(blocks) > 50:
        return "no more than 50 items allowed"
    for block in blocks:
        if block["type"] not in LIMITS:
            return f"unsupported type: {block['type']}"
        if block["type"] == "context" and not 1 <= len(block["elements"]) <= 10:
            return "context: 1 to 10 elements"
    for type_, words in _texts(blocks):
        if not 1 <= _length(words) <= LIMITS[type_]:
            return f"must be more than 0 and less than {LIMITS[type_] + 1} characters"
    return None


def _texts(blocks: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for block in blocks:
        for element in block.get("elements") or [block["text"]]:
            yield block["type"], element["text"]


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _no(code: str, **more: Any) -> Answer:
    return Answer({"ok": False, "error": code, **more})


def _unknown(_call: Call) -> Answer:
    return _no("unknown_method")


@contextmanager
def serving(slack: FakeSlack) -> Iterator[str]:
    """Serve on loopback. Yields the address to give as ``base_url``."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            is_json = "json" in self.headers.get("Content-Type", "")
            call = json.loads(body) if is_json and body else dict(parse_qsl(body))
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            try:
                self._reply(slack.answer(self.path.rsplit("/", 1)[1], call, token))
            except (CutConnectionError, BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def _reply(self, answer: Answer) -> None:
            text = answer.body if isinstance(answer.body, str) else json.dumps(answer.body)
            content = text.encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: object) -> None:
            """Say nothing: tests read the calls instead."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/"
    finally:
        slack.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
