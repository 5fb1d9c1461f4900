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


class TellingNode(Node):
    """A node that says why a parameter cannot be set, and what to do."""

    def set_parameters_atomically(self, parameter_list: list[Parameter]
                                  ) -> SetParametersResult:
        """Set all or none of some parameters; the parameter services end here."""
        for parameter in parameter_list:
            refusal = self._refusal(parameter.name)
            if refusal:
                return SetParametersResult(successful=False, reason=refusal)
        return super().set_parameters_atomically([self._typed(p) for p in parameter_list])

    def _refusal(self, name: str) -> str:
        if not self.has_parameter(name):
            return f'{self.get_name()}: unknown parameter {name!r}: see ros2 param list'
        if not self.describe_parameter(name).read_only:
            return ''
        return (f'{self.get_name()}: {name} is read-only while the node runs: set it in the '
                'parameter file or with --param and start the node again')

    def _typed(self, parameter: Parameter) -> Parameter:
        """Take 1 for 1.0, as at start; rclpy would refuse it."""
        wanted = self.describe_parameter(parameter.name).type
        if parameter.type_ is Parameter.Type.INTEGER and wanted == Parameter.Type.DOUBLE.value:
            return Parameter(parameter.name, Parameter.Type.DOUBLE, float(parameter.value))
        return parameter


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
    def changed(parameters: list[Parameter]) -> SetParametersResult:
        known = {f.name for f in fields(get())}
        new = {p.name: _plain(p.value) for p in parameters if p.name in known}
        try:
            checked = parse(type(get()), new, node.get_name())
        except ConfigError as error:
            return SetParametersResult(successful=False, reason=str(error))
        swap(replace(get(), **{name: getattr(checked, name) for name in new}))
        return SetParametersResult(successful=True)
    node.add_on_set_parameters_callback(changed)
