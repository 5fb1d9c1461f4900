"""Silence is a gate too, and unknown is not released."""

import math

from flywheel_nodes.core.clock import SECOND
from flywheel_nodes.core.config import ArbiterConfig
from flywheel_nodes.core.control import Gate, Verdict
from flywheel_nodes.core.driving.gates import Gates


def heard(gates: Gates, now: int) -> Gates:
    gates.robot_heard(now)
    gates.estop(False, now)
    gates.verdict(Verdict(True), now)
    return gates


def test_before_anything_is_heard_nobody_drives() -> None:
    gates = Gates(ArbiterConfig(), has_estop=True)
    assert gates.for_everybody(0) is Gate.ROBOT_SILENT
    gates.robot_heard(0)
    assert gates.for_everybody(0) is Gate.ESTOP_UNKNOWN
    assert math.isnan(gates.pressed(0))
    assert gates.for_policy(0) is Gate.MONITOR_SILENT


def test_what_was_heard_grows_old() -> None:
    gates = heard(Gates(ArbiterConfig(), has_estop=True), SECOND)
    assert gates.for_everybody(SECOND) is Gate.NONE
    assert gates.for_policy(SECOND) is Gate.NONE
    later = SECOND + SECOND * 31 // 100
    assert gates.for_everybody(later) is Gate.ROBOT_SILENT
    assert gates.for_policy(later) is Gate.MONITOR_SILENT


def test_a_robot_without_estop_needs_none() -> None:
    gates = Gates(ArbiterConfig(), has_estop=False)
    gates.robot_heard(0)
    assert gates.for_everybody(0) is Gate.NONE


def test_a_monitor_that_is_not_required_has_no_say() -> None:
    gates = Gates(ArbiterConfig(monitor_required=False), has_estop=False)
    gates.verdict(Verdict(False), 0)
    assert gates.for_policy(0) is Gate.NONE


def test_a_robot_that_takes_no_commands_is_driven_by_nobody() -> None:
    gates = heard(Gates(ArbiterConfig(), has_estop=True), 0)
    for owner, gate in (('unknown', Gate.OWNER_UNKNOWN), ('native', Gate.NATIVE),
                        ('something new', Gate.OWNER_UNKNOWN), ('flywheel', Gate.NONE)):
        gates.owner(owner)
        assert gates.for_everybody(0) is gate


def test_a_rival_on_one_topic_stays_one_while_the_other_is_clear() -> None:
    gates = heard(Gates(ArbiterConfig(), has_estop=True), 0)
    assert gates.competing('a', ('/x',))
    assert not gates.competing('a', ('/x',))
    assert not gates.competing('b', ())
    assert gates.for_everybody(0) is Gate.COMPETING
    gates.competing('a', ())
    assert gates.for_everybody(0) is Gate.NONE
