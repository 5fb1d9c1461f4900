"""JSON Schema (2020-12) of what core.plain writes, from the dataclasses themselves."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, MISSING
import inspect
import json
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints, Union

from flywheel_nodes.core.plain import to_plain
from flywheel_nodes.core.words import Word

_PLAIN = {str: 'string', int: 'integer', float: 'number', bool: 'boolean'}


def schema(cls: type, title: str) -> dict[str, Any]:
    """Return the schema of one dataclass; other keys are allowed, as readers skip them."""
    found: dict[str, Any] = {}
    whole = _object(cls, found)
    return {'$schema': 'https://json-schema.org/draft/2020-12/schema', 'title': title, **whole,
            '$defs': dict(sorted(found.items()))}


def text(cls: type, title: str) -> str:
    """Return the schema as a file."""
    return json.dumps(schema(cls, title), indent=1, ensure_ascii=False) + '\n'


def _object(cls: type, found: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    members, needed = {}, []
    for one in fields(cls):
        members[one.name] = _of(hints[one.name], found)
        if one.default is not MISSING:
            members[one.name] = {**members[one.name], 'default': to_plain(one.default)}
        elif one.default_factory is MISSING:
            needed.append(one.name)
    return {'description': ' '.join((inspect.getdoc(cls) or '').split()), 'type': 'object',
            'properties': members, 'required': needed}


def _of(hint: Any, found: dict[str, Any]) -> dict[str, Any]:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        kinds = [{'type': 'null'} if one is NoneType else _of(one, found) for one in inner]
        return {'anyOf': kinds}
    if origin is tuple:
        return {'type': 'array', 'items': _of(inner[0], found)}
    if origin is dict or origin is Mapping:
        return {'type': 'object', 'additionalProperties': _of(inner[1], found)}
    if is_dataclass(hint) and isinstance(hint, type):
        if hint.__name__ not in found:
            found[hint.__name__] = {}
            found[hint.__name__] = _object(hint, found)
        return {'$ref': f'#/$defs/{hint.__name__}'}
    if isinstance(hint, type) and issubclass(hint, Word):
        return {'enum': [str(word) for word in hint]}
    return {'type': _PLAIN[hint]}
