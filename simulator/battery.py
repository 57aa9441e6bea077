"""A battery that drains in use and is plugged in before it dies. Time is a parameter."""

from dataclasses import dataclass

from protocol import device as wire

PLUG_IN_AT = 4.0
UNPLUG_AT = 97.0
CHARGE_PER_HOUR = 35.0


@dataclass
class Battery:
    level: float
    drain_per_hour: float
    since: float
    charging: bool = False

    def advance(self, now: float, speed: float) -> bool:
        """Returns whether what would be reported has changed."""
        before = self.reported()
        hours = max(0.0, now - self.since) / 3600 * speed
        self.since = now
        self.level += hours * (CHARGE_PER_HOUR if self.charging else -self.drain_per_hour)
        self.level = min(100.0, max(0.0, self.level))
        if self.level <= PLUG_IN_AT:
            self.charging = True
        elif self.level >= UNPLUG_AT:
            self.charging = False
        return self.reported() != before

    def reported(self) -> wire.Battery:
        return wire.Battery(level=round(self.level), charging=self.charging)
