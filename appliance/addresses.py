"""This machine's addresses, now; the only file that knows netifaces (from the package netifaces2)."""

import netifaces


def interface_addresses() -> set[str]:
    """Of every interface, IPv4 and IPv6, without zones and in lower case."""
    found: set[str] = set()
    for interface in netifaces.interfaces():
        for family, entries in netifaces.ifaddresses(interface).items():
            if family in (netifaces.AF_INET, netifaces.AF_INET6):
                found.update(entry["addr"].split("%")[0].lower() for entry in entries)
    return found
