"""The page in a browser, visited by those it is not for: other sites, other names for this machine, strangers."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from femwgm.errors import OutputError
from femwgm.views.space.web import HOST, listening, local

PAGE = "<!doctype html><title>the page</title>"


@pytest.fixture
def address() -> Iterator[str]:
    server, where = listening(PAGE)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield where
    server.shutdown()
    server.server_close()


def ask(
    address: str, path: str | None = None, method: str = "GET", **headers: str
) -> http.client.HTTPResponse:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    connection.request(method, parts.path if path is None else path, headers=headers)
    return connection.getresponse()


def test_the_address_opens_the_page_and_tells_nobody(address: str) -> None:
    answer = ask(address)
    assert answer.status == 200
    assert answer.read().decode() == PAGE
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "path", ["/", "/index.html", "//", "/../../etc/passwd", "/" + "a" * 32 + "/", "*", "/%E9/"]
)
def test_without_the_secret_of_the_session_nothing_is_answered(address: str, path: str) -> None:
    answer = ask(address, path)
    assert answer.status in (400, 404)
    assert PAGE not in answer.read().decode()


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example:{port}", "", "[::2]:{port}", ":"]
)
def test_no_other_name_for_this_machine_is_answered(address: str, host: str) -> None:
    answer = ask(address, Host=host.format(port=urlsplit(address).port))
    assert answer.status == 403


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "localhost:{port}", "127.0.0.1:{port}", "[::1]:{port}"]
)
def test_our_own_names_are_answered(address: str, host: str) -> None:
    assert ask(address, Host=host.format(port=urlsplit(address).port)).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_it_can_only_be_read(address: str, method: str) -> None:
    assert ask(address, method=method).status == 501


def test_every_session_has_a_secret_of_its_own() -> None:
    first, second = listening(PAGE), listening(PAGE)
    for server, _ in (first, second):
        server.server_close()
    secrets = [urlsplit(where).path for _, where in (first, second)]
    assert secrets[0] != secrets[1]
    assert min(map(len, secrets)) >= 32


def test_a_port_that_is_taken_is_one_line(address: str) -> None:
    with pytest.raises(OutputError, match=r"--port \d+: Address already in use; --port 0"):
        listening(PAGE, HOST, urlsplit(address).port)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1", True), ("127.8.8.8", True), ("localhost", True), ("::1", True), ("0.0.0.0", False), ("192.168.1.7", False),
        ("lab", False),
    ],
)  # fmt: skip
def test_addresses_that_others_reach(host: str, own: bool) -> None:
    assert local(host) is own
