"""A client of the public API, over real HTTP and real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.integration.event_reader import Event, Json
from tests.support.live import Account

TIMEOUT = 30.0


class EventStream(AbstractContextManager["EventStream"]):
    """The server-sent events of one response, as they arrive."""

    def __init__(self, response: requests.Response) -> None:
        assert response.status_code == 200, response.text
        assert response.headers["Content-Type"] == "text/event-stream"
        self.response = response
        self._events = self._read()

    def __iter__(self) -> Iterator[Event]:
        return self._events

    def until(self, kind: str, index: int | None = None) -> list[Event]:
        """Read up to the first event of this kind (in this slot), and return all events so far."""
        return _until(self._events, kind, index)

    def until_text(self, index: int, text: str) -> list[Event]:
        """Read until a slot has all of this text, and return all events so far."""
        received = self.until("chunk", index)
        while _length(received[-1]) < len(text):
            received += self.until("chunk", index)
        return received

    def close(self) -> None:
        """Disconnect."""
        self.response.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> Iterator[Event]:
        id_ = ""
        for line in self.response.iter_lines(chunk_size=None):
            name, _, value = line.partition(b": ")
            if name == b"id":
                id_ = value.decode()
            elif name == b"data":
                yield Event(id_, json.loads(value))


def _length(chunk: Event) -> int:
    return int(chunk.data["offset"]) + len(chunk.data["chunk"])


class Socket:
    """A comparison's JSON socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._events = self._read()

    def __iter__(self) -> Iterator[Event]:
        return self._events

    def until(self, kind: str, index: int | None = None) -> list[Event]:
        """Read up to the first event of this kind (in this slot), and return all events so far."""
        return _until(self._events, kind, index)

    def send(self, message: Json | str) -> None:
        self.connection.send(message if isinstance(message, str) else json.dumps(message))

    def close_code(self) -> int | None:
        """Read until the server closes the socket, and return the close code."""
        try:
            list(self._events)
        except ConnectionClosed:
            return self.connection.close_code
        return None

    def _read(self) -> Iterator[Event]:
        while True:
            event = json.loads(self.connection.recv(timeout=TIMEOUT))
            yield Event(event.pop("seq", ""), event)


def _until(events: Iterator[Event], kind: str, index: int | None) -> list[Event]:
    received = []
    for event in events:
        received.append(event)
        if event.kind == kind and index in (None, event.data.get("index")):
            return received
    raise AssertionError(f"the stream ended without {kind}: {received}")


class Program:
    """A program that uses an account. Models are written ``provider/model``."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.api = account.api

    def body(self, *models: str, **more: Any) -> Json:
        entries = [dict(zip(("provider", "model"), model.split("/", 1), strict=True)) for model in models]
        return {"prompt": "Hello?", "providers": entries, **more}

    def stream(self, *models: str, **more: Any) -> EventStream:
        """Start a comparison and follow it in one request."""
        return EventStream(self.api.post("/api/v1/compare/stream", json=self.body(*models, **more), stream=True))

    def begin(self, *models: str, **more: Any) -> Json:
        """Start a comparison, and return the fields of its ``start`` event."""
        return self.post("comparisons", self.body(*models, **more), status=201)

    def join(self, comparison_id: str, *, after: str = "", last_event_id: str = "") -> EventStream:
        """Follow the latest run of a comparison."""
        return EventStream(self.join_response(comparison_id, after=after, last_event_id=last_event_id))

    def join_response(self, comparison_id: str, *, after: str = "", last_event_id: str = "") -> requests.Response:
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        parameters = {"after": after} if after else {}
        path = f"/api/v1/comparisons/{comparison_id}/stream"
        return self.api.get(path, headers=headers, params=parameters, stream=True)

    def turn(self, comparison_id: str, prompt: str) -> EventStream:
        path = f"/api/v1/comparisons/{comparison_id}/turns?stream=true"
        return EventStream(self.api.post(path, json={"prompt": prompt}, stream=True))

    @contextmanager
    def socket(self, comparison_id: str, *, after: str = "") -> Iterator[Socket]:
        """Open the JSON socket of a comparison."""
        query = f"?after={after}" if after else ""
        with self.connection(f"/ws/comparisons/{comparison_id}/{query}") as connection:
            yield Socket(connection)

    @contextmanager
    def connection(
        self, path: str, *, token: str | None = None, origin: str | None = None, cookie: str = ""
    ) -> Iterator[ClientConnection]:
        """Open a socket with the account's token, another one, or a browser's cookie."""
        url = self.api.base_url.replace("http", "ws", 1) + path
        token = self.account.token if token is None else token
        protocols = [Subprotocol("bearer"), Subprotocol(token)] if token else None
        with connect(
            url,
            origin=Origin(origin) if origin else None,
            subprotocols=protocols,
            additional_headers={"Cookie": cookie} if cookie else None,
            max_size=None,
            proxy=None,
        ) as connection:
            yield connection

    def post(self, path: str, body: Json | None = None, *, status: int = 200) -> Json:
        response = self.api.post(f"/api/v1/{path}", json=body)
        assert response.status_code == status, response.text
        decoded: Json = response.json()
        return decoded

    def get(self, path: str) -> Json:
        response = self.api.get(f"/api/v1/{path}")
        assert response.status_code == 200, response.text
        decoded: Json = response.json()
        return decoded

    def slots(self, comparison_id: str, turn: int = -1) -> list[Json]:
        """Return the saved answers of a turn, by index."""
        slots: list[Json] = self.get(f"comparisons/{comparison_id}")["turns"][turn]["results"]
        return slots
