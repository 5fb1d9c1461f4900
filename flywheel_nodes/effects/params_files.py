"""ROS parameter files, read as rcl reads them but refused in one line that says where."""

from collections.abc import Iterator
from pathlib import Path
import re
from typing import Any

import yaml

from flywheel_nodes.core.errors import ConfigError
from flywheel_nodes.core.ros_params import scalar
from flywheel_nodes.effects.config_files import read_text, yaml_error

SECTION = 'ros__parameters'
_NAMES = re.compile(r'/?(?:(?:\*\*?|[A-Za-z_][A-Za-z0-9_]*)/)*(?:\*\*?|[A-Za-z_][A-Za-z0-9_]*)')


class _Loader(yaml.SafeLoader):
    """Reads without aliases, which rcl does not take."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it bare
            raise yaml.MarkedYAMLError(
                problem=f'ROS parameter files have no aliases: write out *{event.anchor}',
                problem_mark=event.start_mark)
        return super().compose_node(parent, index)


def params_file(path: Path) -> dict[str, dict[str, Any]]:
    """
    Return the parameters of a ROS parameter file by node pattern, in the order of the file.

    Namespaces may be nested above ros__parameters and groups below it; a group's parameter is
    named GROUP.NAME.

    :raises ConfigError: for what is no such file, and for what rcl would not take
    """
    found: dict[str, dict[str, Any]] = {}
    for root in _documents(path):
        for pattern, section in _sections(root, '', str(path)):
            found.setdefault(pattern, {}).update(_params(section, '', str(path)))
    return found


def value(text: str, where: str) -> Any:
    """
    Return what rcl makes of the VALUE in -p NAME:=VALUE.

    :param where: the head of each error
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ConfigError(f'{where}: {text!r} is not valid YAML') from None
    if node is None:
        raise ConfigError(f'{where}: a value is needed')
    return _value(node, where)


def _documents(path: Path) -> list[yaml.Node]:
    text = read_text(path)
    try:
        return list(yaml.compose_all(text, Loader=_Loader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise yaml_error(path, error) from None


def _sections(node: yaml.Node, above: str, path: str) -> Iterator[tuple[str, yaml.MappingNode]]:
    if not isinstance(node, yaml.MappingNode) or not node.value:
        raise ConfigError(f'{_place(path, node)}: {above or "a parameter file"}: {SECTION} with '
                          'names and values is needed')
    for key, inner in node.value:
        if key.value == SECTION:
            yield above, _mapping(inner, above, path)
        else:
            yield from _sections(inner, _joined(above, key, path), path)


def _mapping(node: yaml.Node, above: str, path: str) -> yaml.MappingNode:
    if not above or not isinstance(node, yaml.MappingNode):
        raise ConfigError(f'{_place(path, node)}: {above or "no node"}: {SECTION} with names and '
                          'values is needed below the name of a node')
    return node


def _joined(above: str, key: yaml.Node, path: str) -> str:
    name = str(key.value).rstrip('/') if isinstance(key.value, str) else ''
    if not _NAMES.fullmatch(name):
        raise ConfigError(f'{_place(path, key)}: {key.value!r} is no name of a node or namespace '
                          '(letters, digits, _; * for any one, ** for any number of names)')
    return f'{above}/{name.lstrip("/")}' if above else name


def _params(node: yaml.MappingNode, group: str, path: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, inner in node.value:
        name = f'{group}{key.value}'
        if isinstance(inner, yaml.MappingNode):
            found.update(_params(inner, f'{name}.', path))
        else:
            found[name] = _value(inner, f'{_place(path, inner)}: {name}')
    return found


def _value(node: yaml.Node, where: str) -> Any:
    if isinstance(node, yaml.ScalarNode):
        if not node.value and node.style is None:
            raise ConfigError(f'{where}: a value is needed')
        text = node.style is not None or (node.tag == 'tag:yaml.org,2002:str' and _tagged(node))
        return node.value if text else scalar(node.value)
    if not isinstance(node, yaml.SequenceNode):
        raise ConfigError(f'{where}: a value or a list is needed, not a mapping')
    values = [_value(one, f'{where}[{i}]') for i, one in enumerate(node.value)]
    if not values:
        raise ConfigError(f'{where}: ROS does not take empty lists: leave it out')
    if len({type(one) for one in values}) > 1:
        raise ConfigError(f'{where}: ROS takes lists of one type only (1.0, not 1, among numbers '
                          'with a point)')
    return values


def _tagged(node: yaml.ScalarNode) -> bool:
    """Say whether a word was marked !!str: that YAML takes it for a text does not count."""
    mark = node.start_mark
    return str(mark.buffer).startswith('!', mark.pointer)


def _place(path: str, node: yaml.Node) -> str:
    return f'{path}:{node.start_mark.line + 1}'
