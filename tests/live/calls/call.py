"""One row of the tables of calls."""

from typing import NamedTuple

from nbdebt.live.monitoring import AVAILABLE

CSV = "open('a.csv', 'w').write('x,y\\n1,2\\n3,4\\n')\n"
FRAME = "import pandas as pd\ndf = pd.DataFrame({'x': [1, 2], 'y': [3.0, 4.0]})\n"
POLARS = "import polars as pl\ndf = pl.DataFrame({'x': [1, 2]})\n"
ARROW = "import pyarrow as pa\nt = pa.table({'x': [1, 2]})\n"
ARRAY = "import numpy as np\na = np.arange(6.0)\n"


class Call(NamedTuple):
    """What a cell reads, writes and deletes: names in its directory, ``a.csv b.csv``."""

    code: str
    reads: str = ""
    writes: str = ""
    deletes: str = ""
    prepare: str = ""
    needs: str = ""
    only: str = ""
    """``3.11``: seen only where functions are wrapped; ``3.12``: where the interpreter tells of calls."""
    unseen: str = ""
    """What the kernel sees it touch and nbdebt doesn't."""

    def seen(self, told: bool = AVAILABLE) -> bool:
        """Whether it is seen at all by a Python that tells of calls, or doesn't."""
        return not self.only or (self.only == "3.12") == told

    def missed(self, told: bool = AVAILABLE) -> list[str]:
        """What isn't seen of it by a Python that tells of calls, or doesn't."""
        touched = "" if self.seen(told) else f"{self.reads} {self.writes} {self.deletes}"
        return f"{self.unseen} {touched}".split()
