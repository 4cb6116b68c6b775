/** The sign of the panel: cells, and one that leads back to another above it. */
import { LabIcon } from '@jupyterlab/ui-components';

export const debtIcon = new LabIcon({
  name: 'nbdebt:panel',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <rect x="3" y="3" width="11" height="4.5" rx="1"/>
    <rect x="3" y="9.75" width="11" height="4.5" rx="1"/>
    <rect x="3" y="16.5" width="11" height="4.5" rx="1"/>
    <path d="M15 5.25 L19 2.5 V8 Z"/>
  </g>
  <path class="jp-icon3" stroke="#616161" stroke-width="1.8" fill="none" d="M15.5 18.75 H18 A2.6 2.6 0 0 0 20.6 16.1 V8 A2.6 2.6 0 0 0 18.5 5.3"/>
</svg>`
});
