"""The picture that turns, at an address of this machine: for a browser that cannot open the file.

The address holds a secret of the session; without it nothing is answered. A page of another site can neither guess it
nor reach the server by a name of its own that points here: Host gives it away.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from femwgm.errors import OutputError

HOST = "127.0.0.1"
"""The view is for whoever sits at this machine, unless another address is asked for."""
_NAMES = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address holds the secret: it must not travel on to other sites,
    "X-Frame-Options": "DENY",  # nor the page be framed by them
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:",
}


def serve(page: str, *, host: str = HOST, port: int = 0, open_browser: bool = True) -> None:
    """Serve a page until interrupted, to whoever has the address that is printed.

    Raises
    ------
    OutputError
        Where the address or the port cannot be had.
    """
    server, address = listening(page, host, port)
    if not local(host):
        warning = f"femwgm: {host} can be reached from other machines, and what is sent is not encrypted"
        print(warning, file=sys.stderr, flush=True)  # noqa: T201 - said before anybody connects
    print(f"femwgm: {address}   (Ctrl-C ends it)", flush=True)  # noqa: T201 - a page's address is of use only if it is said
    if open_browser:
        import webbrowser

        webbrowser.open(address)
    with server:
        server.serve_forever()


def listening(page: str, host: str = HOST, port: int = 0) -> tuple[ThreadingHTTPServer, str]:
    """A server that has its port, not yet running, and the address that opens its page."""
    secret = secrets.token_urlsafe(24)
    handler = _answering(
        page.encode(), f"/{secret}/", lambda name: name in (_NAMES if local(host) else (host,))
    )
    try:
        server = ThreadingHTTPServer((host, port), handler)
    except OSError as error:
        raise OutputError(
            f"--host {host} --port {port}: {error.strerror or error}; --port 0 takes a free port"
        ) from None
    return server, f"http://{host}:{server.server_port}/{secret}/"


def local(host: str) -> bool:
    """Whether an address is this machine's own, which no other reaches."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _answering(page: bytes, path: str, ours: Callable[[str], bool]) -> type[BaseHTTPRequestHandler]:
    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is the library's
            name, _, number = self.headers.get("Host", "").rpartition(":")
            if not ours(name if number.isdigit() else f"{name}:{number}".lstrip(":")):
                self.send_error(403, "femwgm answers its own page only")
            elif not hmac.compare_digest(self.path.encode(), path.encode()):
                self.send_error(404)
            else:
                self.send_response(200)
                for header, value in _HEADERS.items():
                    self.send_header(header, value)
                self.send_header("Content-Length", str(len(page)))
                self.end_headers()
                self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - so named by the library
            """Nothing: the address would be printed at each visit."""

    return Answering
