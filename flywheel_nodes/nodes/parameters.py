"""Our frozen configurations as ROS parameters: descriptors, validation, live changes."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, get_origin, TypeVar

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.node import Node
from rclpy.parameter import Parameter

from flywheel_nodes.core.config import Common
from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.params import parse, Spec, walk

C = TypeVar('C', bound=Common)
_ROS_OWN = ('use_sim_time', 'start_type_description_service')


def declare(node: Node, cls: type[C]) -> C:
    """
    Declare a configuration on a node and return its values.

    :param node: made with automatically_declare_parameters_from_overrides=True, so that values
        nobody declared can be seen and refused
    :raises ConfigError: for unknown, ill-typed or out-of-range values
    """
    given = {name: _plain(parameter.value)
             for name, parameter in node.get_parameters_by_prefix('').items()
             if name not in _ROS_OWN and not name.startswith('qos_overrides.')}
    config = parse(cls, given, node.get_name())
    for name, hint, _, spec in walk(cls):
        if name in given:
            node.undeclare_parameter(name)
        value = getattr(config, name)
        node.declare_parameter(name, _ros(value), descriptor(name, hint, spec),
                               ignore_override=True)
    return config


def _plain(value: Any) -> Any:
    return list(value) if hasattr(value, 'typecode') else value


def _ros(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def descriptor(name: str, hint: Any, spec: Spec) -> ParameterDescriptor:
    """Return the ROS descriptor of a parameter."""
    made = ParameterDescriptor(name=name, description=spec.doc, read_only=not spec.live,
                               additional_constraints=spec.allowed,
                               dynamic_typing=get_origin(hint) is tuple)
    if spec.low is not None and spec.high is not None:
        if hint is float:
            made.floating_point_range = [
                FloatingPointRange(from_value=spec.low, to_value=spec.high)]
        elif hint is int:
            made.integer_range = [
                IntegerRange(from_value=int(spec.low), to_value=int(spec.high))]
    return made


def follow(node: Node, get: Callable[[], C], swap: Callable[[C], None]) -> None:
    """Apply live changes: validate as at start, then swap the whole configuration."""
    def changed(parameters: list[Parameter[Any]]) -> SetParametersResult:
        known = {f.name for f in fields(get())}
        new = {p.name: _plain(p.value) for p in parameters if p.name in known}
        try:
            checked = parse(type(get()), new, node.get_name())
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        swap(replace(get(), **{name: getattr(checked, name) for name in new}))
        return SetParametersResult(successful=True)
    node.add_on_set_parameters_callback(changed)
