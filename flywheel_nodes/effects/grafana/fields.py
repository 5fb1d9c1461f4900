"""Thresholds, words for values and the overrides of single series or columns."""

from collections.abc import Iterator, Sequence

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

from flywheel_nodes.core.dashboards.model import Colour, Kind, Named, Panel, Query, Step

DASHED = {'fill': 'dash', 'dash': [8, 6]}
TO_ROBOT = ('/d/flywheel-robot?var-robot=${__data.fields.robot}'
            '&var-datasource=${datasource}&${__url_time_range}')


def thresholds(steps: Sequence[Step], base: Colour = Colour.GOOD) -> build.ThresholdsConfig:
    """Return steps as Grafana has them: the first holds from minus infinity on."""
    colours = [step.colour for step in steps] or [base]
    values = [None, *(step.value for step in steps[1:])]
    return build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(
        [model.Threshold(value, str(colour)) for value, colour in
         zip(values, colours, strict=True)])


def mappings(names: Sequence[Named]) -> list[model.ValueMapping]:
    """Return the words that values stand for."""
    if not names:
        return []
    return [model.ValueMap({str(name.value): model.ValueMappingResult(
        text=name.text, color=str(name.colour), index=index)
        for index, name in enumerate(names)})]


Properties = list[model.DynamicConfigValue]


def of_query(panel: Panel, query: Query) -> Properties:
    """Return what the series of one query have to themselves."""
    found = [('unit', str(query.unit))] if query.unit else []
    properties = [model.DynamicConfigValue(name, value) for name, value in found]
    if query.limit and panel.kind is Kind.LINES:
        properties += [model.DynamicConfigValue(name, value) for name, value in (
            ('custom.drawStyle', 'line'), ('custom.lineStyle', DASHED),
            ('custom.fillOpacity', 0), ('custom.stacking', {'mode': 'none', 'group': 'A'}),
            ('color', {'mode': 'fixed', 'fixedColor': str(Colour.ALARM)}))]
    return properties


def of_column(query: Query) -> Properties:
    """Return how a column of a table is written and coloured."""
    found: list[tuple[str, object]] = [('unit', str(query.unit))] if query.unit else []
    if query.steps:
        found.append(('thresholds', thresholds(query.steps).build()))
    if query.names:
        found.append(('mappings', mappings(query.names)))
    if query.steps or query.names:
        found.append(('custom.cellOptions', {'type': 'color-text'}))
    return [model.DynamicConfigValue(name, value) for name, value in found]


def overrides(panel: Panel) -> Iterator[tuple[str, str, Properties]]:
    """Give the kind of matcher, what it matches, and the properties of all overrides."""
    for letter, query in panel.lettered:
        if panel.kind is Kind.TABLE:
            if properties := of_column(query):
                yield 'byName', query.legend, properties
        elif properties := of_query(panel, query):
            yield 'byFrameRefID', letter, properties
    for name, colour in panel.colours:
        yield 'byName', name, [model.DynamicConfigValue(
            'color', {'mode': 'fixed', 'fixedColor': str(colour)})]
    if panel.kind is Kind.TABLE and 'robot' in panel.key:
        yield 'byName', 'robot', [model.DynamicConfigValue(
            'links', [{'title': 'Open this robot', 'url': TO_ROBOT}])]
