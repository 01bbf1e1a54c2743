"""Many orders of one place are a riddle only while nobody knows of the outage that they belong to."""

from denghuo.apps.orders.actions import raise_signs
from denghuo.apps.orders.models import Sign
from tests.apps.network.conftest import Switch
from tests.apps.outages.test_telling import after, report
from tests.world import World


def test_reports_of_a_known_outage_raise_no_sign(world: World, switch: Switch) -> None:
    switch("QF1", "open", 0.1, "N-1", at=after(0.1))
    for n in range(6):
        assert report(world, "T3", None, f"1390000001{n}").outage is not None
    raise_signs(at=after(0.5), actor="rounds")
    assert not Sign.objects.exists()


def test_reports_of_which_nobody_knows_why_do(world: World) -> None:
    for n in range(6):
        assert report(world, "T3", None, f"1390000001{n}").outage is None
    raise_signs(at=after(0.5), actor="rounds")
    sign = Sign.objects.get()
    assert (sign.load_code, sign.order_count) == ("T3", 6)
