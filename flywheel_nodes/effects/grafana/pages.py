"""A whole dashboard as Grafana has it: variables, links, marks, rows and panels."""

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as model

from flywheel_nodes.core.dashboards.layout import Place, places
from flywheel_nodes.core.dashboards.model import Annotation, Dashboard, Kind, Row, Variable
from flywheel_nodes.core.dashboards.variables import ALL, DATASOURCE
from flywheel_nodes.effects.grafana.panels import panel_at, SOURCE

EVERY = ['5s', '10s', '30s', '1m', '5m', '15m']


def page(dashboard: Dashboard) -> str:
    """Return the JSON of a dashboard, ending in a newline."""
    made = (build.Dashboard(dashboard.title).uid(dashboard.uid).description(dashboard.text)
            .tags(list(dashboard.tags)).timezone('browser').refresh(dashboard.refresh)
            .time(f'now-{dashboard.period}', 'now').tooltip(model.DashboardCursorSync.CROSSHAIR)
            .timepicker(build.TimePicker().refresh_intervals(EVERY)).readonly()
            .variables([_datasource(), *(_variable(v) for v in dashboard.variables)])
            .annotations([_annotation(a) for a in dashboard.annotations])
            .links([_links(dashboard)]))
    for place in places(dashboard):
        _put(made, place)
    return str(JSONEncoder(sort_keys=True, indent=2).encode(_tidied(made.build()))) + '\n'


def _tidied(page: model.Dashboard) -> model.Dashboard:
    """Show links and marks above the dashboard; drop what Grafana no longer knows."""
    for shown in (*(page.links or ()), *(page.annotations.list_val or ())):
        shown.placement = None
    for variable in page.templating.list_val or ():
        variable.auto = variable.auto_min = variable.auto_count = None
    for panel in page.panels or ():
        if panel.type_val == Kind.TABLE:
            panel.options.footer = None
    return page


def _put(made: build.Dashboard, place: Place) -> None:
    if isinstance(place.what, Row):
        row = build.Row(place.what.title).id(place.id).collapsed(False)
        made.with_row(row.grid_pos(model.GridPos(h=1, w=place.width, x=0, y=place.y)))
    else:
        made.with_panel(panel_at(place, place.what))


def _datasource() -> build.DatasourceVariable:
    return build.DatasourceVariable(DATASOURCE).label('Data source').type('prometheus')


def _variable(variable: Variable) -> build.QueryVariable:
    text = f'label_values({variable.series}, {variable.name})'
    every = model.VariableOption(selected=True, text=['All'], value=['$__all'])
    return (build.QueryVariable(variable.name).label(variable.label).description(variable.text)
            .datasource(SOURCE).query({'query': text, 'refId': variable.name, 'qryType': 1})
            .multi(True).include_all(True).all_value(ALL).current(every)
            .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(model.VariableSort.ALPHABETICAL_ASC))


def _annotation(annotation: Annotation) -> build.AnnotationQuery:
    query = prometheus.Dataquery().ref_id('Anno').expr(annotation.promql).range()
    return (build.AnnotationQuery().name(annotation.name).datasource(SOURCE).enable(True)
            .icon_color(str(annotation.colour)).expr(annotation.promql)
            .title_format(annotation.title).target(query))


def _links(dashboard: Dashboard) -> build.DashboardLink:
    return (build.DashboardLink('Flywheel').type(model.DashboardLinkType.DASHBOARDS)
            .tags(list(dashboard.tags)).as_dropdown(False).include_vars(True).keep_time(True)
            .target_blank(False).icon('external link').tooltip('The other dashboards'))
