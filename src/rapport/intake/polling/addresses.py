"""Pure: which network addresses are asked. Whoever writes a feed's address into a form, and whoever answers with a
redirect, chooses where this machine connects to: never to what only this machine can reach."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address

#: Ranges that Python's `is_global` takes for public and that reach further in: IPv4 inside IPv6 by translation
#: (RFC 6052, RFC 8215), 6to4 (RFC 3056), Teredo (RFC 4380); a router may lead them to any IPv4 address.
_CARRIERS = tuple(
    ipaddress.ip_network(one) for one in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)


def is_public(address: str) -> bool:
    """Whether an address, as a connection has it, is one of the public internet: not private, loopback, link-local
    (where clouds keep the secrets of a machine), multicast, reserved or shared. What is no address is not public."""
    try:
        found: IPv4Address | IPv6Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif any(found in network for network in _CARRIERS):
            return False
    return found.is_global and not (found.is_multicast or found.is_reserved or found.is_unspecified)
