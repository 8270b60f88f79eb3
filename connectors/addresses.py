"""Refuses addresses that are not on the open internet, so that no source can point us inwards."""

import ipaddress
import socket
from collections.abc import Callable

import httpx

from consultations.domain.errors import FetchRefused

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[IpAddress]]


def is_public(address: IpAddress) -> bool:
    """Tell whether ``address`` is an ordinary host on the open internet."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        # Old tunnels wrap an IPv4 address, which may be a private one. No publisher needs them.
        if address.sixtofour is not None or address.teredo is not None or address.is_site_local:
            return False
    # `is_global` alone lets multicast and some reserved blocks through.
    return address.is_global and not (
        address.is_multicast or address.is_reserved or address.is_private
    )


def resolve(host: str, port: int) -> list[IpAddress]:
    """Look up every address of ``host``, in the order the system prefers."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(f"navneoppslag feilet: {error}") from error
    return [ipaddress.ip_address(sockaddr[0]) for *_, sockaddr in found]


class GuardedTransport(httpx.BaseTransport):
    """Looks a host up once, checks every address it has, and connects to a checked address.

    The connection goes to the address and not to the name, so that a second look-up cannot
    give another answer (DNS rebinding). ``Host`` and the name in TLS stay as they were.
    ``inner`` must not keep connections: it would share them between hosts on one address.
    """

    def __init__(
        self, inner: httpx.BaseTransport | None = None, *, look_up: Resolve = resolve
    ) -> None:
        self._inner = inner or httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))
        self._look_up = look_up

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        failure: httpx.TransportError = httpx.ConnectError("verten har ingen adresse")
        for address in self._checked_addresses(request.url):
            try:
                return self._inner.handle_request(_sent_to(address, request))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        raise failure

    def close(self) -> None:
        self._inner.close()

    def _checked_addresses(self, url: httpx.URL) -> list[IpAddress]:
        addresses = self._look_up(url.host, url.port or (80 if url.scheme == "http" else 443))
        for address in addresses:
            if not is_public(address):
                raise FetchRefused(
                    f"{url.host} peker til {address}, som ikke er en åpen adresse på nettet. "
                    "Adressen hentes ikke; sjekk navneoppslaget."
                )
        return addresses


def _sent_to(address: IpAddress, request: httpx.Request) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url.copy_with(host=str(address)),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
