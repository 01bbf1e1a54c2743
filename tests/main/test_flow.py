"""Every line of the flow leads from a declared fact to an action that can be called as a reaction."""

import inspect

import pytest

from denghuo.apps.ledger import registry
from denghuo.main import flow

IDS = [f"{line.fact.__name__} -> {line.action}" for line in flow.FLOW]


@pytest.mark.parametrize("line", flow.FLOW, ids=IDS)
def test_a_line_leads_somewhere(line):
    kind = registry.kind_of(line.fact)
    assert line.action in {subscription.reaction for subscription in registry.subscriptions(kind)}
    inspect.signature(registry.resolve(line.action)).bind(object(), at=None, actor="li", delivery_key="1:x")


def test_no_line_stands_there_twice():
    assert len(set(IDS)) == len(IDS)
