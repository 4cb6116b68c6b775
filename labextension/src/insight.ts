/** Which cells of a notebook somebody sees, or nearly: asked of the page when it has moved, and not for each cell. */
import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';

/** How far beyond what is in sight: so that who scrolls doesn't see what is drawn come. */
const NEAR = 300;

/** Watches what is in sight. An observer of each cell would cost each frame as much as drawing does. */
export class InSight {
  /**
   * @param moved - called when other cells may be in sight.
   */
  constructor(
    private readonly notebook: Notebook,
    private readonly moved: () => void
  ) {
    this.sized.observe(notebook.outerNode);
    this.sized.observe(notebook.viewportNode);
    notebook.outerNode.addEventListener('scroll', this.tell, { passive: true });
  }

  /** The cells in sight, from top to bottom. */
  cells(): readonly Cell[] {
    // Where a notebook keeps only some of its cells in the page, the others are nowhere.
    const there = this.notebook.widgets.filter(cell => cell.node.isConnected);
    const { top, bottom, height } = this.notebook.outerNode.getBoundingClientRect();
    if (height === 0) {
      return [];
    }
    let [low, high] = [0, there.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((there[middle]?.node.getBoundingClientRect().bottom ?? 0) < top - NEAR) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const seen: Cell[] = [];
    for (let at = low; at < there.length; at++) {
      const cell = there[at];
      if (cell === undefined || cell.node.getBoundingClientRect().top > bottom + NEAR) {
        break;
      }
      seen.push(cell);
    }
    return seen;
  }

  dispose(): void {
    this.sized.disconnect();
    this.notebook.outerNode.removeEventListener('scroll', this.tell);
  }

  private readonly tell = (): void => this.moved();
  private readonly sized = new ResizeObserver(this.tell);
}
