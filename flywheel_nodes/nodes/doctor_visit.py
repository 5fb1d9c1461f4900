"""The doctor's visit to the buses: which it may join, for how long, and in what order."""

from collections.abc import Iterator
import time

from flywheel_nodes.adapters import kinds
from flywheel_nodes.adapters.base import Adapter
from flywheel_nodes.core.doctor.finding import Finding, ok, refused, unknown
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.robot import Native, native_of
from flywheel_nodes.core.ros_names import namespace
from flywheel_nodes.effects import clocks
from flywheel_nodes.effects.doctor.patient import DOMAIN, Patient
from flywheel_nodes.nodes import distro
from flywheel_nodes.nodes.adapter_checks import missing_messages
from flywheel_nodes.nodes.doctor_buses import Buses, Listener, nodes, Wanted, where
from flywheel_nodes.nodes.doctor_rivals import Guard, Viewer

LOOP_S = 0.01


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
    native, why = _way(patient, listener)
    if why:
        yield why
    buses = None
    if adapter:
        buses = Buses(listener, Wanted(patient.robot, adapter, native, bool(patient.up)))
    else:
        yield unknown('robot', 'not listened to: see what is wrong with adapter or messages')
    guard = Guard(Viewer(listener.node, listener.namespace, patient.data_dir), patient.processes)
    try:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            now = clocks.now()
            guard.step(now)
            if buses:
                buses.step(now)
            time.sleep(LOOP_S)
        yield nodes(patient.processes, patient.up, listener, _start(patient))
        yield from guard.findings()
        if buses:
            yield from buses.findings()
    finally:
        if buses:
            buses.close()


def _way(patient: Patient, listener: Listener) -> tuple[Native | None, Finding | None]:
    """Return where the robot's bus is, None where there is none to join, and what to say."""
    if patient.embedded and not patient.up:
        return None, None
    if 'robot_adapter' not in patient.up:
        return patient.native, None
    asked = where(listener)
    if asked is None:
        return None, unknown('robot', 'robot_adapter does not say where its bus is: see its log')
    return native_of(patient.robot.native, asked), None


def _start(patient: Patient) -> str:
    return f'`flywheel up --robot {patient.wanted.robot}`'
