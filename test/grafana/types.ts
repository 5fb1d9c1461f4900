// What a dashboard of ours must be: Grafana's own types, with the options of each kind of panel.
import type * as g from '@grafana/schema';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as states from '@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as lines from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

// The query of the Prometheus data source, which is not part of the schema's package.
interface PromQuery extends g.DataQuery {
  expr: string;
  legendFormat?: string;
  format?: 'time_series' | 'table' | 'heatmap';
  editorMode?: 'code' | 'builder';
  instant?: boolean;
  range?: boolean;
}

type Of<Kind, Options, Custom> = Omit<g.Panel, 'type' | 'options' | 'targets' | 'fieldConfig'> & {
  type: Kind;
  options: Options;
  targets: PromQuery[];
  fieldConfig: { defaults: Omit<g.FieldConfig, 'custom'> & { custom?: Partial<Custom> }; overrides: g.FieldConfigSource['overrides'] };
};

type OurPanel =
  | Of<'stat', stat.Options, {}>
  | Of<'timeseries', lines.Options, lines.FieldConfig>
  | Of<'table', table.Options, table.FieldConfig>
  | Of<'bargauge', bargauge.Options, {}>
  | Of<'state-timeline', states.Options, states.FieldConfig>
  | Of<'heatmap', heatmap.Options, heatmap.FieldConfig>
  | g.RowPanel;

type Annotation = Omit<g.AnnotationQuery, 'target'> & { expr: string; titleFormat: string; target: PromQuery };

export type Dashboard = Written<Omit<g.Dashboard, 'panels' | 'annotations'> & {
  panels: OurPanel[];
  annotations: { list: Annotation[] };
}>;

// JSON has no enums: their values are compared as the strings and numbers that they are.
type Written<T> = T extends string ? `${T}` : T extends number ? number
  : T extends readonly (infer U)[] ? readonly Written<U>[]
  : T extends object ? { readonly [K in keyof T]: Written<T[K]> } : T;
