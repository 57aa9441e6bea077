"""This machine's addresses, now; the only file that knows netifaces (from the package netifaces2)."""

import netifaces


def interface_addresses() -> set[str]:
    """Of every interface, IPv4 and IPv6, without zones and in lower case."""
    found: set[str] = set()
    for interface in netifaces.interfaces():
        try:
            by_family = netifaces.ifaddresses(interface)
        except ValueError:
            continue  # it went away between the two questions, as a USB or VPN one does
        for family, entries in by_family.items():
            if family in (netifaces.AF_INET, netifaces.AF_INET6):
                found.update(entry["addr"].split("%")[0].lower() for entry in entries)
    return found
