"""The reference of the messages tells all that is declared, and the schema judges as the code."""

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
import pytest

from flywheel_nodes.core.teleop import examples
from flywheel_nodes.core.teleop.codec import ANSWERS, ASKS, decode_ask, plain
from flywheel_nodes.core.teleop.fields import fields_of
from flywheel_nodes.core.teleop.protocol import Rejected
from flywheel_nodes.core.teleop.protocol_reference import messages_md, schema_json

SCHEMA = json.loads(schema_json())
PAGE = messages_md()
TYPES: dict[str, Any] = {'string': str, 'object': dict, 'array': list, 'boolean': bool,
                         'null': type(None)}


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Judge a value by the keywords of JSON Schema that we use."""
    if '$ref' in schema:
        return fits(value, SCHEMA['$defs'][schema['$ref'].rpartition('/')[2]])
    for keyword, many in (('anyOf', any), ('oneOf', lambda found: sum(found) == 1)):
        if keyword in schema:
            return bool(many([fits(value, one) for one in schema[keyword]]))
    if 'const' in schema or 'enum' in schema:
        return value in schema.get('enum', [schema.get('const')])
    return of_type(value, schema['type']) and within(value, schema)


def of_type(value: Any, name: str) -> bool:
    if name in ('integer', 'number'):
        return type(value) is int or (name == 'number' and type(value) is float)
    return isinstance(value, TYPES[name])


def within(value: Any, schema: dict[str, Any]) -> bool:
    if isinstance(value, dict):
        known, more = schema.get('properties', {}), schema['additionalProperties']
        return all(name in value for name in schema.get('required', ())) and all(
            fits(one, known[name]) if name in known else
            more if isinstance(more, bool) else fits(one, more) for name, one in value.items())
    if isinstance(value, list):
        return all(fits(one, schema['items']) for one in value)
    if isinstance(value, str):
        return len(value) <= schema.get('maxLength', len(value))
    if isinstance(value, bool) or value is None:
        return True
    return bool(schema.get('minimum', value) <= value <= schema.get('maximum', value))


@pytest.mark.parametrize('message', [*examples.ASKS, *examples.ANSWERS], ids=lambda m: m.kind)
def test_each_example_fits_its_schema_and_no_other_of_its_side(message: Any) -> None:
    side = 'from_client' if message in examples.ASKS else 'from_relay'
    raw = json.loads(json.dumps(plain(message)))
    assert fits(raw, SCHEMA['$defs'][f'{side}.{message.kind}'])
    assert fits(raw, SCHEMA['$defs'][side])
    assert fits(raw, SCHEMA)
    assert fits({**raw, 'extra': 1}, SCHEMA['$defs'][side]) is (side == 'from_relay')


VALUES = st.none() | st.booleans() | st.integers() | st.floats(-2, 2) | st.text(
    'abc', max_size=70) | st.sampled_from(['correction', 'stuck', 'success']) | st.dictionaries(
        st.text('abc', max_size=2), st.floats(-2, 2), max_size=2)


@given(st.sampled_from(examples.ASKS).map(plain), st.data())
def test_the_schema_and_the_relay_judge_alike(raw: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(raw)))
    raw = {**raw, name: data.draw(VALUES)} if data.draw(st.booleans()) else {
        key: value for key, value in raw.items() if key != name}
    try:
        decode_ask(json.dumps(raw))
        taken = True
    except Rejected:
        taken = False
    assert fits(raw, SCHEMA['$defs']['from_client']) is taken


@pytest.mark.parametrize('kind', ASKS)
def test_each_ask_is_told_with_fields_and_scope(kind: str) -> None:
    section = PAGE.partition(f'### {kind}\n')[2].partition('\n###')[0]
    assert f'Scope: `{ASKS[kind].scope}`' in section
    assert ASKS[kind].answer in section
    for name, one in fields_of(ASKS[kind], True).items():
        assert re.search(rf'^\| `{name}` \|.* {re.escape(one.spec.doc)} \|$', section, re.M)


@pytest.mark.parametrize('kind', ANSWERS)
def test_each_answer_is_told_with_fields(kind: str) -> None:
    section = PAGE.partition('## From the relay')[2].partition(f'### {kind}\n')[2]
    section = section.partition('\n### ')[0]
    for name, one in fields_of(ANSWERS[kind], True).items():
        assert f'| `{name}` |' in section
        assert one.spec.doc


def test_each_field_has_a_meaning() -> None:
    for cls in (*ASKS.values(), *ANSWERS.values()):
        assert all(one.spec.doc for one in fields_of(cls, True).values()), cls
