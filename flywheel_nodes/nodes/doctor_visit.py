"""The doctor's visit to the buses: which it may join, for how long, and in what order."""

from collections.abc import Iterator, Sequence
import time
from typing import Protocol

from flywheel_nodes.adapters import kinds
from flywheel_nodes.adapters.base import Adapter
from flywheel_nodes.core.clock import Now
from flywheel_nodes.core.doctor.finding import Finding, ok, refused, unknown
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.node_process import NodeProcess, ProcessState
from flywheel_nodes.core.robot import Native, native_of
from flywheel_nodes.core.ros_names import namespace
from flywheel_nodes.effects import clocks
from flywheel_nodes.effects.doctor.patient import DOMAIN, Patient
from flywheel_nodes.effects.node_processes import node_processes
from flywheel_nodes.nodes import distro
from flywheel_nodes.nodes.adapter_checks import missing_messages
from flywheel_nodes.nodes.doctor_buses import Buses, Listener, Wanted, where
from flywheel_nodes.nodes.doctor_nodes import RollCall
from flywheel_nodes.nodes.doctor_rivals import Guard, Viewer

LOOP_S = 0.01
ASK_S, LATE_S = 5.0, 4.0


class Part(Protocol):
    """What looks or listens a little at each call."""

    def step(self, now: Now) -> None:
        """Take what is there."""


def visit(patient: Patient, seconds: float) -> Iterator[Finding]:
    """
    Yield what was found.

    The environment must be that of the patient's nodes, and its DDS profile one that is safe.
    """
    adapter, found = _adapter(patient)
    yield from found
    if patient.embedded and not patient.up and DOMAIN not in patient.environ:
        yield ok('nodes', f'none of ours runs, nor the embedded robot; {_start(patient)} starts '
                          'them')
        return
    with distro.ros():
        listener = Listener(namespace(patient.wanted.namespace))
        try:
            yield from _listen(patient, listener, adapter, seconds)
        finally:
            listener.close()


def _adapter(patient: Patient) -> tuple[Adapter | None, list[Finding]]:
    """Return the robot's adapter, None when it or its messages are not there, and why."""
    try:
        adapter = kinds.load(patient.robot)
    except ConfigError as error:
        return None, [refused('adapter', error)]
    missing = [refused('messages', error) for error in missing_messages(adapter)]
    if missing:
        return None, missing
    return adapter, [ok('messages', f"all that the adapter '{adapter.name}' needs are installed")]


def _listen(patient: Patient, listener: Listener, adapter: Adapter | None,
            seconds: float) -> Iterator[Finding]:
    processes = node_processes(patient.data_dir)
    native, why = _way(patient, listener, processes.get('robot_adapter'))
    if why:
        yield why
    if not adapter:
        yield unknown('robot', 'not listened to: see what is wrong with adapter or messages')
    calls = RollCall(listener, processes, patient.environ.get(DOMAIN, ''))
    guard = Guard(Viewer(listener.node, listener.namespace, patient.data_dir), patient.processes)
    buses = adapter and Buses(listener, Wanted(patient.robot, adapter, native, bool(patient.up)))
    try:
        _wait(seconds, calls, (calls, guard, *([buses] if buses else [])))
        yield from calls.findings(patient.processes, _start(patient))
        yield from guard.findings()
        yield from buses.findings() if buses else ()
    finally:
        if buses:
            buses.close()


def _wait(seconds: float, calls: RollCall, parts: Sequence[Part]) -> None:
    """Listen for so long, and longer while a node is not heard that may only be late."""
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end or (now < end + LATE_S and not calls.complete):
        for part in parts:
            part.step(clocks.now())
        time.sleep(LOOP_S)


def _way(patient: Patient, listener: Listener,
         adapter: NodeProcess | None) -> tuple[Native | None, Finding | None]:
    """Return where the robot's bus is, None where there is none to join, and what to say."""
    if patient.embedded and not patient.up:
        return None, None
    if adapter is None:
        return patient.native, None
    if adapter.state is not ProcessState.RUNS:
        return None, unknown('robot', f'robot_adapter (pid {adapter.pid}), which knows where the '
                             f"robot's bus is, cannot be asked: {adapter.state}")
    end = time.monotonic() + ASK_S
    asked = where(listener)
    while asked is None and time.monotonic() < end:
        asked = where(listener)
    if asked is not None:
        return native_of(patient.robot.native, asked), None
    return None, unknown('robot', f'robot_adapter (pid {adapter.pid}), started '
                         f'{adapter.age_s:.0f} s ago, did not say within {ASK_S:g} s where the '
                         "robot's bus is", 'it starts, hangs or is not seen: look again in a '
                         'moment, and see what is said of `nodes`')


def _start(patient: Patient) -> str:
    return f'`flywheel up --robot {patient.wanted.robot}`'
