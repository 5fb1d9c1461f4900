"""One panel as Grafana has it: its look by its kind, its queries, and where it lies."""

from collections.abc import Callable
from typing import TypeAlias

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders import (
    dashboard as build,
)
from grafana_foundation_sdk.models import (
    common as looks,
)
from grafana_foundation_sdk.models import (
    dashboard as model,
)
from grafana_foundation_sdk.models import (
    heatmap as heat,
)
from grafana_foundation_sdk.models import (
    prometheus as queries,
)

from flywheel_nodes.core.dashboards.layout import Place
from flywheel_nodes.core.dashboards.model import Colour, Kind, Panel, Query
from flywheel_nodes.effects.grafana.fields import mappings, overrides, thresholds

SOURCE = looks.DataSourceRef(type_val='prometheus', uid='${datasource}')
Builder: TypeAlias = (stat.Panel | timeseries.Panel | table.Panel | bargauge.Panel
                      | statetimeline.Panel | heatmap.Panel)


def panel_at(place: Place, panel: Panel) -> Builder:
    """Return the builder of a panel at its place."""
    built = LOOKS[panel.kind](panel)
    built.id(place.id).title(panel.title).description(panel.text).datasource(SOURCE)
    built.grid_pos(model.GridPos(h=place.height, w=place.width, x=place.x, y=place.y))
    built.unit(str(panel.unit)).mappings(mappings(panel.names))
    built.thresholds(thresholds(panel.steps, Colour.PLAIN))
    if panel.minimum is not None:
        built.min(panel.minimum)
    if panel.maximum is not None:
        built.max(panel.maximum)
    if all(query.absent for query in panel.queries):
        built.no_value(panel.queries[0].absent)
    for letter, query in panel.lettered:
        built.with_target(target(letter, query, panel.kind))
    for matcher, what, properties in overrides(panel):
        built.with_override(model.MatcherConfig(id_val=matcher, options=what), properties)
    return built


def target(letter: str, query: Query, kind: Kind) -> prometheus.Dataquery:
    """Return one query; numbers and tables ask for now, the others for the time shown."""
    made = prometheus.Dataquery().ref_id(letter).expr(query.promql).datasource(SOURCE)
    made.editor_mode(queries.QueryEditorMode.CODE).legend_format(query.legend)
    if kind is Kind.TABLE:
        made.format(queries.PromQueryFormat.TABLE)
    elif kind is Kind.HEATMAP:
        made.format(queries.PromQueryFormat.HEATMAP)
    return made.instant() if kind.instant else made.range()


def _stat(panel: Panel) -> Builder:
    coloured = panel.steps or panel.names
    mode = looks.BigValueColorMode.BACKGROUND if coloured else looks.BigValueColorMode.NONE
    many = any('{{' in query.legend for query in panel.queries)
    text = looks.BigValueTextMode.VALUE_AND_NAME if many else looks.BigValueTextMode.VALUE
    return (stat.Panel().color_mode(mode).graph_mode(looks.BigValueGraphMode.NONE)
            .text_mode(text).color_scheme(_by('thresholds')))


def _bars(panel: Panel) -> Builder:
    return (bargauge.Panel().orientation(looks.VizOrientation.HORIZONTAL)
            .display_mode(looks.BarGaugeDisplayMode.BASIC).color_scheme(_by('thresholds')))


def _lines(panel: Panel) -> Builder:
    style = looks.GraphDrawStyle.BARS if panel.columns else looks.GraphDrawStyle.LINE
    fill = 80 if panel.columns else 40 if panel.stacked else 0
    limits = (looks.GraphThresholdsStyleMode.DASHED if panel.steps
              else looks.GraphThresholdsStyleMode.OFF)
    made = (timeseries.Panel().draw_style(style).line_width(1).fill_opacity(fill)
            .show_points(looks.VisibilityMode.NEVER).legend(_legend()).tooltip(_tooltip())
            .color_scheme(_by('palette-classic'))
            .thresholds_style(common.GraphThresholdsStyleConfig().mode(limits)))
    if panel.stacked:
        made.stacking(common.StackingConfig().mode(looks.StackingMode.NORMAL).group('A'))
    return made


def _states(panel: Panel) -> Builder:
    return (statetimeline.Panel().merge_values(True).row_height(0.8).fill_opacity(80)
            .line_width(0).show_value(looks.VisibilityMode.AUTO).legend(_legend())
            .color_scheme(_by('thresholds')))


def _heatmap(panel: Panel) -> Builder:
    colours = (heatmap.HeatmapColorOptions().mode(heat.HeatmapColorMode.SCHEME)
               .scheme('Oranges').fill('dark-orange').reverse(False).steps(64).exponent(0.5)
               .scale(heat.HeatmapColorScale.EXPONENTIAL))
    return (heatmap.Panel().calculate(False).color(colours).cell_gap(1)
            .show_value(looks.VisibilityMode.NEVER)
            .y_axis(heatmap.YAxisConfig().unit(str(panel.unit))))


def _table(panel: Panel) -> Builder:
    made = table.Panel().show_header(True).color_scheme(_by('thresholds'))
    if panel.worst_first:
        made.sort_by([common.TableSortByFieldState().display_name(name).desc(True)
                      for name in panel.worst_first])
    if len(panel.queries) > 1:
        made.with_transformation(model.DataTransformerConfig(id_val='merge', options={}))
    names = {f'Value #{letter}' if len(panel.queries) > 1 else 'Value': query.legend
             for letter, query in panel.lettered}
    order = {name: place for place, name in enumerate((*panel.key, *names))}
    return made.with_transformation(model.DataTransformerConfig(id_val='organize', options={
        'excludeByName': {'Time': True}, 'indexByName': order, 'renameByName': names}))


def _by(mode: str) -> build.FieldColor:
    return build.FieldColor().mode(model.FieldColorModeId(mode))


def _legend() -> common.VizLegendOptions:
    return (common.VizLegendOptions().show_legend(True).placement(looks.LegendPlacement.BOTTOM)
            .display_mode(looks.LegendDisplayMode.LIST).calcs([]))


def _tooltip() -> common.VizTooltipOptions:
    return (common.VizTooltipOptions().mode(looks.TooltipDisplayMode.MULTI)
            .sort(looks.SortOrder.DESCENDING))


LOOKS: dict[Kind, Callable[[Panel], Builder]] = {
    Kind.STAT: _stat, Kind.LINES: _lines, Kind.TABLE: _table, Kind.BARS: _bars,
    Kind.STATES: _states, Kind.HEATMAP: _heatmap}
