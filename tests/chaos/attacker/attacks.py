"""The kinds of attacks.

Each is a coroutine that goes on until it is cancelled, and calls ``begun`` once what it needs is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, suppress
from typing import Any
from urllib.parse import urlsplit

from tests.chaos.attacker import texts
from tests.chaos.attacker.user import FAILURES, HostileUser, repeat
from tests.fake_providers import Script

Begun = Callable[[], None]
Attack = Callable[[HostileUser, Begun], Coroutine[Any, Any, None]]

COLUMNS = 8
SHOWN_SECONDS = 4.0
SHOWN_CHARACTERS = 60_000
LONG_CHATS, LONG_TEXT = (600, 4_000, 10_000), 900_000
COMPARISONS = 12
SOCKETS = 320
"""Connections to each web process: more than CONNECTIONS_PER_USER."""
OPENED_AT_ONCE, CLOSES_WITHIN = 32, 1.0
BODIES, BODY, SENT = 8, 40_000_000, 20_000_000
HEADS = 100


async def error_frames(user: HostileUser, begun: Begun) -> None:
    frame = user.model(Script(body=texts.ERROR_FRAME))
    refusal = user.model(Script(status=404, body=texts.ERROR_BODY))
    begun()
    await repeat(lambda: user.ask([frame, refusal] * (COLUMNS // 2)), pause=1)


async def endless_lines(user: HostileUser, begun: Begun) -> None:
    models = [user.model(Script(body=part, times=0)) for part in texts.ENDLESS]
    begun()
    await repeat(lambda: user.ask((models * 2)[:COLUMNS]), pause=1)


async def flood(user: HostileUser, begun: Begun) -> None:
    """Ask for answers of 100 MB, with their page open."""
    model = user.model(Script(body=texts.text_frame("Some words. " * 5_000), times=1_700))
    begun()
    await repeat(lambda: _ask_and_show(user, [model] * 4), at_once=4)


async def worst_markdown(user: HostileUser, begun: Begun) -> None:
    await _stream_with_page(
        user,
        begun,
        lambda: [
            make(user.rng, SHOWN_CHARACTERS) for make in (texts.worst_markdown, texts.worst_code) * (COLUMNS // 2)
        ],
    )


async def blanks(user: HostileUser, begun: Begun) -> None:
    runs = [(unit * SHOWN_CHARACTERS)[:SHOWN_CHARACTERS] + "a" for unit in texts.BLANKS]
    await _stream_with_page(user, begun, lambda: runs)


async def multiplying_html(user: HostileUser, begun: Begun) -> None:
    """Stream it with its page open, and read a page of a chat that has it."""
    text = texts.multiplying_html(3_000)
    chat = texts.conversation([text])
    await user.post("import", "/api/v1/archive", texts.archive(conversations=[chat]))
    async with asyncio.TaskGroup() as group:
        group.create_task(repeat(lambda: user.read(f"/chat/{chat['id']}/"), at_once=2))
        group.create_task(_stream_with_page(user, begun, lambda: [text] * 4))


async def forks_and_imports(user: HostileUser, begun: Begun) -> None:
    """Import chats with thousands of messages again and again, fork them, and compare from them."""
    chats, quick = [texts.conversation(["a"] * (size // 2)) for size in LONG_CHATS], user.model(Script(text="a"))
    await user.post("import", "/api/v1/archive", texts.archive(conversations=chats))
    begun()

    def chat() -> str:
        return str(user.rng.choice(chats)["id"])

    async def import_another() -> None:
        another = await asyncio.to_thread(texts.conversation, ["a"] * (max(LONG_CHATS) // 2))
        await user.post("import", "/api/v1/archive", texts.archive(conversations=[another]))

    async with asyncio.TaskGroup() as group:
        group.create_task(repeat(lambda: user.post("fork", f"/api/v1/conversations/{chat()}/fork"), at_once=2))
        group.create_task(repeat(lambda: user.ask([quick] * COLUMNS, conversation_id=chat()), at_once=2))
        group.create_task(repeat(import_another, pause=2))


async def long_lists(user: HostileUser, begun: Begun) -> None:
    """Read the lists of comparisons and chats with long texts again and again."""
    text = "Some words, as in a long answer. " * (LONG_TEXT // 33)
    comparisons = [texts.comparison([text] * 4) for _ in range(COMPARISONS)]
    body = await asyncio.to_thread(texts.archive, comparisons=comparisons)
    await user.post("import", "/api/v1/archive", body)
    begun()
    paths = (
        "/api/v1/comparisons?limit=100",
        "/history/",
        "/api/v1/conversations?limit=100",
        "/api/v1/comparisons?limit=100&search=words",
        f"/comparisons/{comparisons[0]['id']}/",
        f"/api/v1/comparisons/{comparisons[0]['id']}",
    )
    await repeat(lambda: user.read(user.rng.choice(paths)), at_once=6, pause=0.1)


async def many_sockets(user: HostileUser, begun: Begun) -> None:
    """Open more streams and sockets on a long answer than one user may have; read nothing but the first line."""
    comparison = texts.comparison(["Some words. " * 20_000] * 4)
    await user.post("import", "/api/v1/archive", texts.archive(comparisons=[comparison]))
    slow = user.model(Script(text="Some words. " * 1_000, total=60.0))
    running = await user.ask([slow] * 4)
    begun()
    opening = asyncio.Semaphore(OPENED_AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for number in range(SOCKETS):
            for base in user.bases:
                request = _joining(user, base, running if number % 2 else comparison["id"], number % 3)
                group.create_task(_hold(user, base, request, opening))


async def slow_bodies(user: HostileUser, begun: Begun) -> None:
    """Send half of large bodies, anonymous and signed in, and half of many heads, and then nearly nothing."""
    begun()
    signed_in = f"Authorization: Bearer {user.token}\r\n"
    async with asyncio.TaskGroup() as group:
        for base in user.bases:
            for number in range(BODIES):
                path = ("/api/v1/archive", "/nothing-here", "/api/v1/images", "/accounts/login/")[number % 4]
                credentials = signed_in if number >= BODIES // 2 else ""
                head = (
                    f"POST {path} HTTP/1.1\r\nHost: {urlsplit(base).netloc}\r\n{credentials}"
                    f"Content-Type: application/json\r\nContent-Length: {BODY}\r\n\r\n"
                )
                group.create_task(_send_slowly(user, base, "body", head.encode(), SENT))
            for _ in range(HEADS):
                group.create_task(_send_slowly(user, base, "head", b"GET / HTTP/1.1\r\nHost: ", 0))


ATTACKS: dict[str, Attack] = {
    "error frames": error_frames,
    "endless lines": endless_lines,
    "a flood of text": flood,
    "worst-case Markdown": worst_markdown,
    "multiplying HTML": multiplying_html,
    "runs of blanks": blanks,
    "giant forks and imports": forks_and_imports,
    "long lists": long_lists,
    "many sockets": many_sockets,
    "slow bodies": slow_bodies,
}


async def _stream_with_page(user: HostileUser, begun: Begun, new_texts: Callable[[], list[str]]) -> None:
    """Have texts streamed again and again, with their page open, and read the page once they have ended."""
    begun()

    async def stream() -> None:
        models = [
            user.model(Script(text=text, chunk_size=max(1, len(text) // 200), total=SHOWN_SECONDS))
            for text in new_texts()
        ]
        await _ask_and_show(user, models)

    await repeat(stream, at_once=3)


async def _ask_and_show(user: HostileUser, models: list[str]) -> None:
    """Start a comparison, have its page open for as long as it streams, and read the page then."""
    comparison_id = await user.ask(models)
    if comparison_id:
        with suppress(TimeoutError):
            async with asyncio.timeout(SHOWN_SECONDS + 1):
                await user.show(comparison_id)
        await user.read(f"/comparisons/{comparison_id}/")


def _joining(user: HostileUser, base: str, comparison_id: str, kind: int) -> bytes:
    """Return the request of a stream, a socket or the socket of a page."""
    host = f"Host: {urlsplit(base).netloc}\r\n"
    upgrade = (
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: YSByZWFkZXIgb2YgYnl0ZQ==\r\n\r\n"
    )
    token = f"Authorization: Bearer {user.token}\r\n"
    path = f"/ws/comparisons/{comparison_id}/"
    requests = (
        f"GET /api/v1/comparisons/{comparison_id}/stream HTTP/1.1\r\n{host}{token}\r\n",
        f"GET {path} HTTP/1.1\r\n{host}{token}{upgrade}",
        f"GET {path}html/ HTTP/1.1\r\n{host}Cookie: {user.cookie}\r\nOrigin: {base}\r\n{upgrade}",
    )
    return requests[kind].encode()


async def _hold(user: HostileUser, base: str, request: bytes, opening: asyncio.Semaphore) -> None:
    """Open a connection, and keep it without reading more than its beginning."""
    with suppress(*FAILURES):
        async with AsyncExitStack() as stack:
            async with opening:
                reader, writer = await stack.enter_async_context(user.connection(base))
                writer.write(request)
                await _count_joining(user, reader)
            await asyncio.Event().wait()


async def _count_joining(user: HostileUser, reader: asyncio.StreamReader) -> None:
    """Count the status of a response, or the close code of a socket that is closed at once."""
    status = (await reader.readline()).split(b" ")[1].decode()
    if status == "101":
        await reader.readuntil(b"\r\n\r\n")
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSES_WITHIN):
                first = await reader.readexactly(4)
                # A close frame (RFC 6455, section 5.5.1) begins with its code.
                status = str(int.from_bytes(first[2:])) if first[0] == 0x88 else "101"
    user.counts[f"join {status}"] += 1


async def _send_slowly(user: HostileUser, base: str, name: str, head: bytes, size: int) -> None:
    """Send the head and so many bytes of zeros at once, and then one byte a second, until the server closes."""
    try:
        async with user.connection(base) as (_, writer):
            user.counts[f"{name} begun"] += 1
            writer.write(head)
            for piece in _pieces(size):
                writer.write(piece)
                await writer.drain()
            user.counts[f"{name} sent"] += 1
            while not writer.transport.is_closing():
                writer.write(b"0")
                await asyncio.sleep(1)
            user.counts[f"{name} closed"] += 1
    except FAILURES:
        user.counts[f"{name} refused"] += 1


def _pieces(size: int) -> Iterator[bytes]:
    piece = bytes(2**16)
    return (piece for _ in range(size // len(piece)))
