"""The city's journal: who did what to what, when. Written in the transaction of the act itself.

Ids and words only. A pupil's name, a password, a code or a key never goes in.
"""

from datetime import datetime

from central.domain.roles import Viewer
from central.store.desk_models import Journal

CONSOLE = "console"  # an act from the server's own command line


def record(
    at: datetime, actor: Viewer | str, action: str, target: str = "", school: str = "", **detail: object
) -> None:
    """One line, in the caller's transaction. `action` is `noun.verb`, `target` is `noun:id`, `school` an UAI.

    `actor` as a word for what is no person: `appliance:a-…`.
    """
    label = actor if isinstance(actor, str) else actor.login
    Journal.create(at=at, actor=label, action=action, target=target, school=school, detail=detail or None)
