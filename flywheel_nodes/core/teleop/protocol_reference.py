"""docs/messages.md and docs/protocol.schema.json, written from the declarations."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import is_dataclass, MISSING
import inspect
import json
import textwrap
from types import NoneType, UnionType
from typing import Any, get_args, get_origin

from flywheel_nodes.core.plain import to_plain
from flywheel_nodes.core.teleop import codec, examples, video_messages
from flywheel_nodes.core.teleop.answers import Answer
from flywheel_nodes.core.teleop.asks import Ask
from flywheel_nodes.core.teleop.fields import Field, fields_of, LONGEST_TEXT, Note, WHOLE
from flywheel_nodes.core.teleop.protocol import VERSION
from flywheel_nodes.core.words import Word

_DRAFT = 'https://json-schema.org/draft/2020-12/schema'
_TYPES: Mapping[Any, str] = {str: 'text', Note: 'free text', int: 'whole number',
                             float: 'number', bool: 'true or false'}
_JSON: Mapping[Any, str] = {str: 'string', Note: 'string', int: 'integer', float: 'number',
                            bool: 'boolean'}
Kinds = Mapping[str, type[Ask] | type[Answer]]


# --- a page for people --------------------------------------------------------------------------

def messages_md() -> str:
    """Return docs/messages.md."""
    text = ['# Messages of the relay', '',
            '<!-- Made by `make docs` from flywheel_nodes/core/teleop/asks.py and answers.py: '
            'change it there -->', '',
            f'Version {VERSION}. What they are for and in which order they come: '
            '[protocol.md](protocol.md). The same as a JSON Schema: '
            '[protocol.schema.json](protocol.schema.json), one definition for each message.', '',
            'Fields with a default may be left out. Whole numbers are 0 to 2^63 - 1, texts '
            f'printable and at most {LONGEST_TEXT} characters long, where nothing else is said.',
            '', '## From the client', '',
            'An unknown type is refused as `kind`, an unknown field as `shape`.']
    for ask in examples.ASKS:
        text += [*_section(type(ask), ask), '', f'Answer: {ask.answer}']
    text += ['', '## From the relay', '',
             'A client leaves aside types, fields and words that it does not know: later relays '
             'of this version may say more.']
    for answer in examples.ANSWERS:
        text += _section(type(answer), answer)
    text += ['', '## On a video socket', '',
             'After the same `hello`; the pictures themselves are described in '
             '[video.md](video.md).']
    for ask in examples.VIEWER_ASKS:
        text += _section(type(ask), ask)
    for answer in examples.VIEWER_ANSWERS:
        text += _section(type(answer), answer)
    return '\n'.join(text) + '\n'


def _section(cls: type[Ask] | type[Answer], example: Ask | Answer) -> Iterator[str]:
    yield from ('', f'### {cls.kind}', '', ' '.join((inspect.getdoc(cls) or '').split()))
    if issubclass(cls, Ask):
        yield from ('', f'Scope: `{cls.scope}`')
    yield from _table(cls)
    for inner in _nested(cls):
        yield from ('', f'Each of `{inner[0]}`: {inspect.getdoc(inner[1])}', *_table(inner[1]))
    shown = textwrap.wrap(json.dumps(codec.plain(example)), 95, subsequent_indent=' ',
                          break_long_words=False, break_on_hyphens=False)
    yield from ('', '```json', *shown, '```')


def _nested(cls: type) -> Iterator[tuple[str, type]]:
    for one in fields_of(cls, True).values():
        hint = get_args(one.hint)[0] if get_origin(one.hint) is tuple else one.hint
        if is_dataclass(hint) and isinstance(hint, type):
            yield one.name, hint


def _table(cls: type) -> Iterable[str]:
    rows = [f'| `{name}` | {_type(one.hint)} | {_allowed(one)} | {_default(cls, one)} | '
            f'{one.spec.doc} |' for name, one in fields_of(cls, True).items()]
    return ['', '| field | type | allowed | default | meaning |', '|---|---|---|---|---|',
            *rows] if rows else []


def _type(hint: Any) -> str:
    if isinstance(hint, UnionType):
        return ' or '.join('null' if one is NoneType else _type(one) for one in get_args(hint))
    if get_origin(hint) is tuple:
        return f'list of {_type(get_args(hint)[0])}'
    if get_origin(hint) is dict:
        return 'numbers by name'
    return 'word' if isinstance(hint, type) and issubclass(hint, Word) else _TYPES.get(
        hint, 'object')


def _allowed(one: Field) -> str:
    words = one.spec.choices or _words(one.hint)
    if words:
        return ', '.join(f'`{word}`' for word in words)
    if one.hint in (str, Note):
        return f'up to {one.spec.high:g} characters' if one.spec.high else ''
    return one.spec.allowed.replace('-inf to', 'up to').replace(' to inf', ' or more') \
        or one.spec.unit


def _words(hint: Any) -> tuple[str, ...]:
    is_word = isinstance(hint, type) and issubclass(hint, Word)
    return tuple(str(word) for word in hint) if is_word else ()


def _default(cls: type, one: Field) -> str:
    return '' if one.needed else f'`{json.dumps(_default_of(cls, one.name))}`'


def _default_of(cls: type, name: str) -> Any:
    declared = cls.__dataclass_fields__[name]  # type: ignore[attr-defined]
    return {} if declared.default is MISSING else to_plain(declared.default)


# --- a schema for programs ----------------------------------------------------------------------

def schema_json() -> str:
    """Return docs/protocol.schema.json."""
    found: dict[str, Any] = {}
    for side, kinds, strict in (('from_client', codec.ASKS, True),
                                ('from_relay', codec.ANSWERS, False),
                                ('from_viewer', video_messages.ASKS, True),
                                ('to_viewer', video_messages.ANSWERS, False)):
        for kind, cls in kinds.items():
            found[f'{side}.{kind}'] = _message(kind, cls, strict, found)
        found[side] = {'oneOf': [{'$ref': f'#/$defs/{side}.{kind}'} for kind in kinds]}
    whole = {'$schema': _DRAFT, 'title': f'the protocol of the relay, version {VERSION}',
             'anyOf': [{'$ref': '#/$defs/from_client'}, {'$ref': '#/$defs/from_relay'}],
             '$defs': dict(sorted(found.items()))}
    return json.dumps(whole, indent=1, ensure_ascii=False) + '\n'


def _message(kind: str, cls: type, strict: bool, found: dict[str, Any]) -> dict[str, Any]:
    shape = _object(cls, strict, found)
    shape['properties'] = {'type': {'const': kind}, **shape['properties']}
    shape['required'] = ['type', *shape['required']]
    return shape


def _object(cls: type, strict: bool, found: dict[str, Any]) -> dict[str, Any]:
    known = fields_of(cls, strict)
    members = {name: {'description': one.spec.doc, **_json(one.hint, one, strict, found)}
               for name, one in known.items()}
    for name, one in known.items():
        if not one.needed:
            members[name]['default'] = _default_of(cls, name)
    return {'description': ' '.join((inspect.getdoc(cls) or '').split()), 'type': 'object',
            'properties': members, 'required': [n for n, one in known.items() if one.needed],
            'additionalProperties': not strict}


def _json(hint: Any, one: Field, strict: bool, found: dict[str, Any]) -> dict[str, Any]:
    if isinstance(hint, UnionType):
        inner = next(h for h in get_args(hint) if h is not NoneType)
        return {'anyOf': [{'type': 'null'}, _json(inner, one, strict, found)]}
    if get_origin(hint) is tuple:
        return {'type': 'array', 'items': _item(get_args(hint)[0], strict, found)}
    if get_origin(hint) is dict:
        return {'type': 'object', 'additionalProperties': {'type': 'number', **_range(one)}}
    if is_dataclass(hint) and isinstance(hint, type):
        return _item(hint, strict, found)
    words = one.spec.choices or _words(hint)
    if words:
        return {'enum': list(words)} if strict else {'type': 'string', 'examples': list(words)}
    if hint in (str, Note):
        return {'type': 'string', 'maxLength': int(one.spec.high or LONGEST_TEXT)}
    return {'type': _JSON[hint], **_range(one)}


def _item(hint: Any, strict: bool, found: dict[str, Any]) -> dict[str, Any]:
    if not is_dataclass(hint):
        return {'type': _JSON[hint]}
    assert isinstance(hint, type)
    found[hint.__name__] = _object(hint, strict, found)
    return {'$ref': f'#/$defs/{hint.__name__}'}


def _range(one: Field) -> dict[str, Any]:
    spec, whole = one.spec, one.hint is int
    low = 0 if spec.low is None and whole else spec.low
    high = WHOLE if spec.high is None and whole else spec.high
    return {**({} if low is None else {'minimum': low}),
            **({} if high is None else {'maximum': high})}
