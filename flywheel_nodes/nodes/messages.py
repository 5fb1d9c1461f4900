"""Between core's plain values and standard ROS messages."""

from collections.abc import Sequence
import importlib
import re
from typing import Any

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.duration import Duration
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from std_msgs.msg import Float64MultiArray, MultiArrayDimension, MultiArrayLayout

from flywheel_nodes.core.errors import ConfigError, WireError
from flywheel_nodes.core.topics import Qos
from flywheel_nodes.core.wire import Status, Table

_BILLION = 1_000_000_000


def message_class(name: str) -> Any:
    """Return the class behind package/msg/Type; raises ConfigError when it is not installed."""
    if not re.fullmatch(r'[a-z]\w*/(msg|srv|action)/[A-Z]\w*', name, re.ASCII):
        raise ConfigError(f'{name!r} is no message type: package/msg/Type is needed')
    package, kind, type_ = name.split('/')
    try:
        return getattr(importlib.import_module(f'{package}.{kind}'), type_)
    except (ImportError, AttributeError):
        raise ConfigError(f'message type {name} is not installed: install the ROS package '
                          f'{package}') from None


def from_cdr(data: bytes, type_: Any) -> Any:
    """Return a message from its serialized form; raises WireError when it is damaged."""
    try:
        return deserialize_message(data, type_)
    except rclpy_implementation.RMWError:
        raise WireError(f'{len(data)} bytes are no {type_.__name__}') from None


def to_qos(qos: Qos, depth: int | None = None) -> QoSProfile:
    """Return rclpy's profile for ours."""
    profile = QoSProfile(
        depth=depth or qos.depth,
        reliability=ReliabilityPolicy.RELIABLE if qos.reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=(DurabilityPolicy.TRANSIENT_LOCAL if qos.latched
                    else DurabilityPolicy.VOLATILE))
    if qos.lifespan_ms:
        profile.lifespan = Duration(nanoseconds=qos.lifespan_ms * 1_000_000)
    return profile


def to_time(stamp_ns: int) -> Time:
    """Return nanoseconds since the epoch as a ROS time."""
    seconds, nanoseconds = divmod(stamp_ns, _BILLION)
    return Time(sec=seconds, nanosec=nanoseconds)


def to_ns(stamp: Any) -> int:
    """Return a ROS time or duration as nanoseconds."""
    return int(stamp.sec) * _BILLION + int(stamp.nanosec)


def to_array(statuses: Sequence[Status], stamp_ns: int) -> DiagnosticArray:
    """Return statuses as one DiagnosticArray."""
    message = DiagnosticArray(status=[_status(s) for s in statuses])
    message.header.stamp = to_time(stamp_ns)
    return message


def _status(status: Status) -> DiagnosticStatus:
    return DiagnosticStatus(
        level=bytes([status.level]), name=status.name, message=status.message,
        hardware_id=status.hardware_id,
        values=[KeyValue(key=key, value=value) for key, value in status.values])


def to_multi_array(table: Table) -> Float64MultiArray:
    """Return a table as a labelled Float64MultiArray."""
    dim = [MultiArrayDimension(label=label, size=size, stride=stride)
           for label, size, stride in table.labels]
    return Float64MultiArray(layout=MultiArrayLayout(dim=dim), data=table.data)
