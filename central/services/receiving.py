"""All that a school's box may ask for at the door, beside identity and orders: one value for the web layer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import random

from central.clock import Clock
from central.domain.epochs import Prove
from central.keys.sealing import Sealer
from central.services.apply import Applying
from central.services.apply_facts import TakeReceipt
from central.services.chains import Chains
from central.services.exchanges import Exchanges
from central.services.fences import Fences
from central.services.hello import City, Hellos
from central.services.ingest import Ingest
from central.services.parked import Parked
from central.services.reconcile import Reconcile
from central.services.snapshots import Snapshots
from central.services.turns import TurnRules


@dataclass(frozen=True, slots=True)
class Needs:
    """Of others' services. `sign_time`: (appliance, nonce, at) -> base64."""

    prove: Prove
    sign_time: Callable[[str, str, datetime], str]
    pending_count: Callable[[str], int]
    take_receipt: TakeReceipt
    sealer: Sealer


@dataclass(frozen=True, slots=True)
class Receiving:
    hellos: Hellos
    ingest: Ingest
    reconcile: Reconcile
    snapshots: Snapshots
    parked: Parked
    fences: Fences
    chains: Chains
    exchanges: Exchanges


def build_receiving(clock: Clock, needs: Needs, turns: TurnRules | None = None) -> Receiving:
    applying = Applying(needs.take_receipt)
    city = City(needs.prove, needs.sign_time, needs.pending_count, turns or TurnRules(random))  # noqa: S311 - spreads returns, protects nothing
    hellos, ingest = Hellos(clock, city), Ingest(clock, applying)
    return Receiving(
        hellos=hellos,
        ingest=ingest,
        reconcile=Reconcile(),
        snapshots=Snapshots(clock, needs.sealer),
        parked=Parked(clock, applying),
        fences=Fences(clock),
        chains=Chains(),
        exchanges=Exchanges(hellos, ingest),
    )
