"""The page in a browser, visited by those it is not for: other sites, other names for this machine, strangers."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

trame = pytest.importorskip("trame.app")
aiohttp = pytest.importorskip("aiohttp")

from femwgm.views.space.guard import local, protect  # noqa: E402 - after the skip
from femwgm.views.space.web import address  # noqa: E402


def visited(story: Callable[[int, str, Any], Awaitable[None]]) -> None:
    """Run a story against a protected server of this process: port, secret, a client session."""

    async def play() -> None:
        server = trame.get_server(f"test-{uuid.uuid4()}", client_type="vue3")
        secret = protect(server, "127.0.0.1")
        task = server.start(
            host="127.0.0.1", port=0, open_browser=False, show_connection_info=False, disable_logging=True, timeout=0,
            exec_mode="task", thread=True,
        )  # fmt: skip
        await server.ready
        try:
            async with aiohttp.ClientSession() as session:
                await story(server.port, secret, session)
        finally:
            await server.stop()
            task.cancel()

    asyncio.run(asyncio.wait_for(play(), 30))


async def greeting(session: Any, port: int, secret: str, **headers: str) -> dict[str, Any]:
    """What the server answers to the first message of a page."""
    async with session.ws_connect(f"ws://127.0.0.1:{port}/ws", headers=headers) as socket:
        hello = {
            "wslink": "1.0",
            "id": "system:c0:0",
            "method": "wslink.hello",
            "args": [{"secret": secret}],
            "kwargs": {},
        }
        await socket.send_bytes(_packed(hello))
        message = await asyncio.wait_for(socket.receive(), 10)
        return _unpacked(message.data)


def _packed(message: dict[str, Any]) -> bytes:
    import msgpack
    from wslink.chunking import generate_chunks

    (chunk,) = generate_chunks(msgpack.packb(message), 0)
    return bytes(chunk)


def _unpacked(data: bytes) -> dict[str, Any]:
    import msgpack
    from wslink.chunking import HEADER_LENGTH

    return msgpack.unpackb(data[HEADER_LENGTH:]) if isinstance(data, bytes) else json.loads(data)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1:{port}"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example:{port}"}, 403),
        ({"Host": "evil.example:{port}", "Origin": "http://evil.example:{port}"}, 403),
    ],
)
def test_only_its_own_page_is_answered(headers: dict[str, str], status: int) -> None:
    async def story(port: int, _secret: str, session: Any) -> None:
        sent = {name: value.format(port=port) for name, value in headers.items()}
        async with session.get(f"http://127.0.0.1:{port}/index.html", headers=sent) as answer:
            assert answer.status == status
            if status == 200:
                assert answer.headers["Referrer-Policy"] == "no-referrer"
        if status == 403:
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await session.ws_connect(f"ws://127.0.0.1:{port}/ws", headers=sent)

    visited(story)


def test_without_the_secret_of_the_session_nothing_is_done() -> None:
    async def story(port: int, secret: str, session: Any) -> None:
        assert "error" in await greeting(session, port, "wslink-secret", Origin=f"http://127.0.0.1:{port}")
        assert "error" in await greeting(session, port, "", Origin=f"http://127.0.0.1:{port}")
        assert "result" in await greeting(session, port, secret, Origin=f"http://127.0.0.1:{port}")

    visited(story)


def test_every_session_has_a_secret_of_its_own_and_the_address_holds_it() -> None:
    first, second = (
        protect(trame.get_server(f"test-{uuid.uuid4()}", client_type="vue3"), "127.0.0.1") for _ in range(2)
    )
    assert first != second
    assert len(first) >= 32
    assert f"&secret={first}" in address("127.0.0.1", 8080, first)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("192.168.1.7", False),
        ("lab", False),
    ],
)
def test_addresses_that_others_reach(host: str, own: bool) -> None:
    assert local(host) is own
