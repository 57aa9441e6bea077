"""`preau.local` on the school's network: devices find the box again by its name when its address has changed.

Announces nothing on loopback. Owns the announcement only; who answers on the ports is not its business.
"""

import ipaddress
import logging
import socket
from collections.abc import Callable

from zeroconf import Error, ServiceInfo, Zeroconf

from appliance.addresses import interface_addresses
from appliance.config import Config
from appliance.logs import fact

_log = logging.getLogger("mdns")
_TYPE = "_preau._tcp.local."
HOST_NAME = "preau.local."


def lan_addresses() -> list[str]:
    """Every address of this machine that another one can reach, sorted."""
    return sorted(text for text in interface_addresses() if _is_reachable(text))


def _is_reachable(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def is_announced(config: Config) -> bool:
    """A box that listens on loopback only has nothing to tell the network."""
    return config.host not in ("localhost", "::1") and not config.host.startswith("127.")


class Announcement:
    """`step` compares the machine's addresses with what is announced; about every ten seconds is enough."""

    def __init__(self, config: Config, addresses: Callable[[], list[str]] = lan_addresses) -> None:
        self._config = config
        self._addresses = addresses
        self._announced: list[str] = []
        self._zeroconf: Zeroconf | None = None

    @staticmethod
    def name() -> str:
        """What a person sees who looks for boxes."""
        return f"Préau {socket.gethostname()}"

    def step(self) -> bool:
        """True when the announcement changed. A network that is not there is tried again at the next step."""
        wanted = self._addresses()
        if wanted == self._announced:
            return False
        self.stop()
        if wanted:
            self._announce(wanted)
        return True

    def stop(self) -> None:
        if self._zeroconf is not None:
            self._zeroconf.close()
        self._zeroconf, self._announced = None, []

    def _announce(self, addresses: list[str]) -> None:
        info = ServiceInfo(
            _TYPE,
            f"{self.name()}.{_TYPE}",
            port=self._config.http_port,
            server=HOST_NAME,
            parsed_addresses=addresses,
            properties={"mqtt": str(self._config.mqtt_port), "ws": str(self._config.websocket_port)},
        )
        zeroconf = None
        try:
            zeroconf = Zeroconf()
            zeroconf.register_service(info, allow_name_change=True)
        except (OSError, Error) as error:
            fact(_log, "mdns_failed", error=type(error).__name__)
            if zeroconf is not None:
                zeroconf.close()
            return
        self._zeroconf, self._announced = zeroconf, addresses
        fact(_log, "mdns_announced", addresses=",".join(addresses))
