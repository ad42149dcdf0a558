/** Colours of pictures; text and marks have a contrast of 4.5 at least against the paper, lines of 3. */
interface Colours {
  readonly paper: string;
  readonly text: string;
  readonly label: string;
  readonly grid: string;
  readonly line: string;
  readonly band: string;
  readonly expected: string;
  readonly gap: string;
  readonly mark: string;
  readonly above: string;
  readonly below: string;
}

const LIGHT: Colours = {
  paper: '#ffffff',
  text: '#17202b',
  label: '#52606f',
  grid: '#e4e8ed',
  line: '#1f2d3d',
  band: '#cfe0f2',
  expected: '#3d78b4',
  gap: '#e9e6df',
  mark: '#ffe3b3',
  above: '#b3320e',
  below: '#2649b8',
};

const DARK: Colours = {
  paper: '#151b23',
  text: '#e8ecf1',
  label: '#a6b2c0',
  grid: '#2a333f',
  line: '#dfe6ee',
  band: '#29435f',
  expected: '#79b0e6',
  gap: '#3a352b',
  mark: '#54421c',
  above: '#ff9d73',
  below: '#96b3ff',
};

function styleOf(colours: Colours): string {
  return `.paper{fill:${colours.paper}}.title{fill:${colours.text};font-weight:600}.label{fill:${colours.label}}.grid{stroke:${colours.grid};fill:none}.band{fill:${colours.band}}.expected{stroke:${colours.expected};fill:none;stroke-dasharray:3 2}.line{stroke:${colours.line};fill:none;stroke-width:1.2}.gap{fill:${colours.gap}}.mark{fill:${colours.mark};fill-opacity:.7}.above{fill:${colours.above}}.below{fill:${colours.below}}`;
}

/** Style sheets for the classes of {@link drawPlot}. */
export const PLOT_THEMES: Readonly<Record<'light' | 'dark', string>> = { light: styleOf(LIGHT), dark: styleOf(DARK) };

function variablesOf(colours: Colours): string {
  return Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');
}

/** The same colours as variables of a page, `--line` and so on. */
export const COLOUR_VARIABLES: Readonly<Record<'light' | 'dark', string>> = {
  light: variablesOf(LIGHT),
  dark: variablesOf(DARK),
};
