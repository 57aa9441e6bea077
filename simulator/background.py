"""A fleet in a thread of its own, for callers that are not asyncio: a browser test, an interactive session.

with BackgroundFleet(Fleet(link, 15)) as fleet:
    fleet.do(lambda: fleet["d-7k3m9q2x"].raise_hand())
"""

from simulator.fleet import Fleet
from simulator.in_thread import InThread
from simulator.tablet import Tablet


class BackgroundFleet(InThread):
    def __init__(self, fleet: Fleet) -> None:
        super().__init__(fleet, "fleet")
        self.fleet = fleet

    def __getitem__(self, device_id: str) -> Tablet:
        return self.fleet[device_id]

    async def is_up(self) -> None:
        """All devices that mean to are connected."""
        await self.fleet.all_up()
