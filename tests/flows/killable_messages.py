"""Senders that stand still at set places, so that a test can kill them there.

`python -m tests.flows.killable_messages seed 150` queues messages for gateways of three languages, `... send 0.05 1.0`
runs a sender with this poll and lease. `KILLABLE_STOPS` lists the places, as `step:number` of the message.
"""

import os
import signal
import sys
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.flows.killable_messages_settings")
django.setup()

from django.utils import timezone  # noqa: E402

from denghuo.apps.ledger import registry  # noqa: E402
from denghuo.apps.notices import facts as notices_facts  # noqa: E402
from denghuo.apps.notices.actions import MessageEntry, queue_messages  # noqa: E402
from denghuo.apps.notices.models import Gateway, GatewayTemplate  # noqa: E402
from denghuo.apps.notices.sender import loop  # noqa: E402
from denghuo.apps.organization import facts as organization_facts  # noqa: E402
from denghuo.apps.organization.actions import open_unit  # noqa: E402
from denghuo.apps.organization.models import UnitKind  # noqa: E402

FOLDER = Path(os.environ["KILLABLE_FOLDER"])
STOPS = frozenset(os.environ.get("KILLABLE_STOPS", "").split())
SYSTEM: dict[str, Any] = {"at": timezone.now(), "actor": "test"}
KINDS = ("webhook", "aliyun", "tencent")
EVENT = "outages.fault"


def _stand_still(step: str, number: int) -> None:
    """The first to come here leaves its process id and waits for the end."""
    place = f"{step}:{number}"
    if place not in STOPS:
        return
    draft = FOLDER / f"draft-{os.getpid()}-{threading.get_ident()}"
    draft.write_text(str(os.getpid()))
    with suppress(FileExistsError):
        os.link(draft, FOLDER / place)
        while True:
            signal.pause() if threading.current_thread() is threading.main_thread() else threading.Event().wait()


def seed(count: int) -> None:
    """Messages to as many numbers, in turn for each of three units with a gateway of its own."""
    units = []
    port = os.environ["KILLABLE_GATEWAY"]
    for place, kind in enumerate(KINDS):
        unit = open_unit(code=kind, name=kind, kind=UnitKind.STATION, parent=None, **SYSTEM)
        row = Gateway.objects.create(
            unit=unit,
            name=kind,
            kind=kind,
            channel="sms",
            endpoint=f"http://127.0.0.1:{port}/{kind}",
            access_id="id",
            secret="s",
            signature="灯火供电",
            rate_per_s=1000,
            options={"app_id": "14"},
            receipt_token=kind,
            receipt_blind=place,
        )
        GatewayTemplate.objects.create(gateway=row, event=EVENT, code="T1", variables=["text"])
        units.append(unit.pk)
    entries = [
        MessageEntry(
            key=str(number),
            event=EVENT,
            about="outages.outage:1",
            channel="sms",
            ring=3,
            to_ref=f"customers.account:{number}",
            address=f"1380013{number:04d}",
            text=f"停电了 {number}",
            unit_id=units[number % len(units)],
        )
        for number in range(count)
    ]
    queue_messages(entries=entries, **SYSTEM)


def _number(outgoing: Any) -> int:
    return int(outgoing.address[-4:])


def send(poll_s: float, lease_s: float) -> None:
    """Run a sender that stands still where it is told."""
    claim, settle, result = loop.claim, loop.settle_messages, loop._Sender._result

    def claims(**told: Any) -> Any:
        jobs, gateways = claim(**told)
        for job in jobs:
            _stand_still("claimed", _number(job.outgoing))
        return jobs, gateways

    def sends(self: Any, job: Any) -> Any:
        told = result(self, job)
        _stand_still("sent", _number(job.outgoing))
        return told

    def settles(**told: Any) -> None:
        from denghuo.apps.notices.models import Message

        for row in Message.objects.filter(pk__in=[one.message_id for one in told["tries"]]):
            _stand_still("settling", int(row.address[-4:]))
        settle(**told)

    loop.claim, loop.settle_messages, loop._Sender._result = claims, settles, sends  # type: ignore[method-assign, assignment]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    loop.run_sender(stop=stop, threads=4, poll_s=poll_s, lease=timedelta(seconds=lease_s))


def main(arguments: list[str]) -> int:
    """Run one role."""
    registry.register_module(notices_facts, context="notices")
    registry.register_module(organization_facts, context="organization")
    match arguments:
        case ["seed", count]:
            seed(int(count))
        case ["send", poll_s, lease_s]:
            send(float(poll_s), float(lease_s))
        case _:
            raise SystemExit(f"unknown role {arguments}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
