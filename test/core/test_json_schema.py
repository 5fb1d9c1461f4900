"""The schema says of real labels what core.plain says of them."""

import json
from typing import Any

from flywheel_nodes.core import json_schema
from flywheel_nodes.core.plain import to_plain
from flywheel_nodes.core.recording.label import Label
from test.effects.recording.stored import told

SCHEMA = json_schema.schema(Label, 'a label')
KINDS = {'string': str, 'integer': int, 'number': (int, float), 'boolean': bool,
         'null': type(None), 'array': list, 'object': dict}


def fits(schema: dict[str, Any], value: Any) -> bool:
    if '$ref' in schema:
        return fits(SCHEMA['$defs'][schema['$ref'].rsplit('/', 1)[1]], value)
    if 'anyOf' in schema:
        return any(fits(one, value) for one in schema['anyOf'])
    if not isinstance(value, KINDS[schema['type']]):
        return False
    if isinstance(value, list):
        return all(fits(schema['items'], one) for one in value)
    if 'properties' in schema:
        return set(schema['required']) <= set(value) and all(
            fits(schema['properties'][key], one) for key, one in value.items())
    return not isinstance(value, dict) or all(
        fits(schema['additionalProperties'], one) for one in value.values())


def test_a_label_fits_and_a_wrong_one_does_not() -> None:
    plain = json.loads(json.dumps(to_plain(told(1))))
    assert fits(SCHEMA, plain)
    assert not fits(SCHEMA, {**plain, 'id': 7})
    assert not fits(SCHEMA, {key: plain[key] for key in plain if key != 'window'})
    plain['interventions'][0]['segments'][0]['start_ns'] = 'then'
    assert not fits(SCHEMA, plain)


def test_every_reference_leads_somewhere() -> None:
    text = json_schema.text(Label, 'a label')
    assert json.loads(text) == SCHEMA
    assert set(SCHEMA['$defs']) >= {'WindowInfo', 'Segment', 'FileInfo'}
    assert SCHEMA['properties']['recovered'] == {'type': 'string', 'default': ''}
