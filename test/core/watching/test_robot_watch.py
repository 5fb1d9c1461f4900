import math

from hypothesis import given
from hypothesis import strategies as st

from flywheel_nodes.core.events import Event, EventName
from flywheel_nodes.core.watching.robot_watch import Owner, RobotWatch


def names(events: list[Event]) -> list[EventName]:
    return [event.name for event in events]


def test_a_low_battery_is_told_once_and_clears_with_a_margin() -> None:
    watch = RobotWatch(0.15, 80.0)
    assert watch.battery(0.16, 0) == []
    (low,) = watch.battery(0.15, 5)
    assert low.name is EventName.ROBOT_FAULT and low.mono_ns == 5
    assert low.values == {'fault': 'battery_low', 'component': 'battery', 'value': '15%'}
    assert watch.battery(0.10, 0) == watch.battery(0.19, 0) == []
    assert names(watch.battery(0.21, 0)) == [EventName.ROBOT_FAULT_CLEARED]
    assert watch.battery(0.21, 0) == []


def test_each_joint_has_its_own_fault() -> None:
    watch = RobotWatch(0.15, 80.0)
    (hot,) = watch.temperature('elbow', 96.0, 0)
    assert hot.values['fault'] == 'joint_over_temperature' and hot.values['component'] == 'elbow'
    assert names(watch.temperature('wrist_1', 80.0, 0)) == [EventName.ROBOT_FAULT]
    assert watch.temperature('elbow', 76.0, 0) == []
    assert names(watch.temperature('elbow', 74.0, 0)) == [EventName.ROBOT_FAULT_CLEARED]


def test_an_unknown_value_changes_nothing() -> None:
    watch = RobotWatch(0.15, 80.0)
    watch.temperature('elbow', 96.0, 0)
    assert watch.temperature('elbow', math.nan, 0) == watch.battery(math.nan, 0) == []
    assert names(watch.temperature('elbow', 20.0, 0)) == [EventName.ROBOT_FAULT_CLEARED]


def test_emergency_stop_and_owner_tell_of_changes_only() -> None:
    watch = RobotWatch(0.15, 80.0)
    assert watch.estop(False, 0) == watch.owner(Owner.FLYWHEEL, 0) == []
    assert names(watch.estop(True, 0)) == [EventName.ESTOP_PRESSED]
    assert names(watch.owner(Owner.NATIVE, 0)) == [EventName.NATIVE_TAKEOVER]
    assert watch.pressed and watch.native
    assert watch.estop(True, 0) == watch.owner(Owner.NATIVE, 0) == []
    assert names(watch.estop(False, 0)) == [EventName.ESTOP_RELEASED]
    assert names(watch.owner(Owner.FLYWHEEL, 0)) == [EventName.NATIVE_RELEASED]


@given(st.lists(st.floats(0.0, 1.0)))
def test_faults_and_clearings_take_turns(charges: list[float]) -> None:
    watch = RobotWatch(0.3, 80.0)
    told = [name for charge in charges for name in names(watch.battery(charge, 0))]
    assert told[::2] == [EventName.ROBOT_FAULT] * len(told[::2])
    assert told[1::2] == [EventName.ROBOT_FAULT_CLEARED] * len(told[1::2])
