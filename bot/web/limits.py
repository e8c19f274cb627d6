"""How much anybody may ask of the public routes: who is calling, and how often. Kept in the memory of each process.

Behind a reverse proxy the caller is who X-Forwarded-For names, read from the right past the proxies that the
configuration trusts and no further: what stands left of that anybody may have written. A trusted proxy that names nobody
is nobody's address: such calls are not counted, since one count for a whole company would shut everybody out.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from math import ceil

from aiohttp import web

MOST_KEYS = 10_000
"""Callers remembered at most; beyond that the one not seen for longest is forgotten."""


class Meter:
    """Token buckets by key: `burst` at once, and as many again in `seconds`. Times are the event loop's, in seconds."""

    def __init__(self, burst: int, seconds: float) -> None:
        self._burst, self._flow = float(burst), burst / seconds
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str, now: float) -> float:
        """Seconds until there is room for one more, 0.0 when there is now. Nothing is counted."""
        return max(0.0, (1 - self._level(key, now)) / self._flow)

    def take(self, key: str, now: float) -> float:
        """0.0 when one may pass (it is counted), else the seconds to wait."""
        wait = self.wait(key, now)
        if not wait:
            self._keep(key, self._level(key, now) - 1, now)
        return wait

    def give_back(self, key: str, now: float) -> None:
        """What was taken turned out not to count."""
        self._keep(key, min(self._burst, self._level(key, now) + 1), now)

    def _level(self, key: str, now: float) -> float:
        level, at = self._levels.get(key, (self._burst, now))
        return min(self._burst, level + max(0.0, now - at) * self._flow)

    def _keep(self, key: str, level: float, now: float) -> None:
        self._levels[key] = (level, now)
        self._levels.move_to_end(key)
        if len(self._levels) > MOST_KEYS:
            self._levels.popitem(last=False)


@dataclass(frozen=True)
class Limits:
    """The bounds of the public routes."""

    per_minute: int = 120
    strangers_per_day: int = 200
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    calls: Meter = field(init=False)
    """By caller: pages, carts, and whatever is not signed or logged in."""
    carts: Meter = field(init=False)
    """By the address that a cart is posted to: one visit posts one cart, and a few repetitions."""
    strangers: Meter = field(init=False)
    """Carts for no visit of ours that are kept as evidence."""
    passwords: Meter = field(init=False)
    """By company: wrong passwords for which it is looked up whether the admins know of today's."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "calls", Meter(self.per_minute, 60))
        object.__setattr__(self, "carts", Meter(20, 60))
        object.__setattr__(self, "passwords", Meter(1, 3600))
        object.__setattr__(self, "strangers", Meter(self.strangers_per_day, 86_400))

    def caller(self, request: web.Request) -> str | None:
        """Whom a request is counted for: an IPv4 address, or the network of an IPv6 address; None for nobody."""
        peer = request.transport.get_extra_info("peername") if request.transport else None
        if not isinstance(peer, tuple):
            return None
        named = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
        for name in (str(peer[0]), *reversed(named)):
            address = _address(name)
            if address is None:
                return None
            if not any(address in ip_network(proxy) for proxy in self.trusted_proxies):
                return _counted(address)
        return None

    def too_many(self, request: web.Request, now: float) -> int:
        """Counts the request. Seconds after which its caller may come again; 0: it may pass."""
        caller = self.caller(request)
        return ceil(self.calls.take(caller, now)) if caller else 0

    def forgive(self, request: web.Request, now: float) -> None:
        """The request turned out to be from somebody we know."""
        if caller := self.caller(request):
            self.calls.give_back(caller, now)


Address = IPv4Address | IPv6Address


def _address(name: str) -> Address | None:
    """The address in a name, which some proxies write with the port: 192.0.2.1:5000, [2001:db8::1]:5000."""
    host = name.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _counted(address: Address) -> str:
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)
