"""Who may talk to the page in a browser: whoever has the address that was printed, from that address alone.

A secret of the session is part of the address; without it the server does nothing. A page of another site cannot use the browser
of whoever has the address: its Origin gives it away, and a name that it points at this machine shows in Host.
"""

from __future__ import annotations

import ipaddress
import secrets
from typing import Any

__all__ = ["local", "protect"]

LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")


def local(host: str) -> bool:
    """Whether an address is this machine's own, which no other reaches."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def protect(server: Any, host: str) -> str:
    """Demand a new secret and the right Host and Origin of every visitor of a trame server; gives the secret.

    Parameters
    ----------
    server
        The server, not yet started.
    host
        The address that it will listen on.
    """
    secret = secrets.token_urlsafe(24)
    server.cli.set_defaults(authKey=secret)

    def bind(wslink_server: Any) -> None:
        wslink_server.app.middlewares.append(_only_from(LOCAL_NAMES if local(host) else (host,)))

    server.controller.on_server_bind.add(bind)
    return secret


def _only_from(names: tuple[str, ...]) -> Any:
    """Middleware that refuses requests which name another host, or come from a page of another."""
    from aiohttp import web

    def known(authority: str) -> bool:
        return (
            authority.rpartition(":")[0] in names
            if authority.rpartition(":")[2].isdigit()
            else authority in names
        )

    @web.middleware
    async def check(request: Any, handler: Any) -> Any:
        origin = request.headers.get("Origin")
        same = origin is None or origin.partition("://")[2] == request.host
        if not known(request.host) or not same:
            raise web.HTTPForbidden(text="femwgm answers its own page only")
        response = await handler(request)
        if not response.prepared:
            # The address holds the secret: it must not travel on to other sites, nor the page be framed by them.
            response.headers.update({"Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"})
        return response

    return check
