export { gridEnd, type TimeGrid } from './grid.js';
