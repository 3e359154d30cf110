"""Which network addresses a picture may be fetched from.

A catalog is data from elsewhere: an address in it must not make this machine read its own services or its
neighbours' (server-side request forgery). The address is checked after the name is resolved and the connection goes
to the very address that was checked, so a name that resolves differently the second time gains nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

import httpx


class RefusedAddressError(Exception):
    """An address that must not be fetched; the text says why."""


class UnknownHostError(Exception):
    """A name that leads to no address; ``passing`` where the name server could not say."""

    def __init__(self, name: str, passing: bool) -> None:
        super().__init__(f"unknown host {name}")
        self.passing = passing


@dataclass(frozen=True)
class Target:
    """Where to connect for a URL.

    Attributes:
        url: the URL with the checked IP address in place of the name.
        host: the value of the Host header.
        name: the name that the server's certificate must bear.
    """

    url: httpx.URL
    host: str
    name: str


def resolve(url: httpx.URL, allow_private: bool) -> Target:
    """Resolve a URL's host and check what comes out.

    Raises:
        RefusedAddressError: not HTTP, no host, or an address that is not public.
        UnknownHostError: the name has no address, or none is known just now.
    """
    if url.scheme not in ("http", "https"):
        raise RefusedAddressError(f"not an http address: {url.scheme}")
    name = url.host
    if not name:
        raise RefusedAddressError("no host")
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError(name, getattr(error, "errno", None) == socket.EAI_AGAIN) from None
    addresses = list(dict.fromkeys(str(entry[4][0]).split("%")[0] for entry in found))
    for address in addresses:
        # One private address among public ones is how a rebinding attack looks.
        if not allow_private and not is_public(address):
            raise RefusedAddressError(f"{name} is in a private network")
    chosen = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
    return Target(url.copy_with(host=chosen), url.netloc.decode().rpartition("@")[2], name)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also where IPv6 wraps an IPv4 address."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in ipaddress.ip_network("64:ff9b::/96"):
            # NAT64 (RFC 6052): the last 32 bits are the IPv4 address.
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast
