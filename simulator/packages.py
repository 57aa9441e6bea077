"""Which packages a device has, and what the desired state still asks for. It fetches nothing itself."""

from protocol.device import Desired, InstalledPackage, PackageAction, PackageOrder


class Shelf:
    def __init__(self, installed: tuple[InstalledPackage, ...]) -> None:
        self._installed = {package.name: package for package in installed}
        self.problems: dict[str, str] = {}
        self.fetching: dict[str, PackageOrder] = {}

    @property
    def installed(self) -> tuple[InstalledPackage, ...]:
        return tuple(self._installed.values())

    def has(self, name: str) -> bool:
        return name in self._installed

    def missing(self, desired: Desired) -> list[PackageOrder]:
        return [order for order in desired.packages if not self._is_met(order)]

    def remove(self, name: str) -> None:
        self._installed.pop(name, None)
        self.problems.pop(name, None)

    def install(self, order: PackageOrder) -> None:
        self._installed[order.name] = InstalledPackage(order.name, order.version_code, order.version_name)
        self.problems.pop(order.name, None)

    def complain(self) -> dict[str, str]:
        """As the reported state tells it."""
        if not self.problems:
            return {}
        return {"packages": "; ".join(f"{name}: {why}" for name, why in self.problems.items())[:500]}

    def _is_met(self, order: PackageOrder) -> bool:
        installed = self._installed.get(order.name)
        if order.action is PackageAction.REMOVE:
            return installed is None
        return installed is not None and installed.version_code == order.version_code
