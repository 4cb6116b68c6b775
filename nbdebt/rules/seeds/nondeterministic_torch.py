"""Finds notebooks that seed PyTorch and leave cuDNN free to choose its algorithms.

## Why it matters
On a GPU a seed is not enough: cuDNN tries several algorithms and takes the fastest, and some of them add
numbers in an order that differs from run to run. Results then differ in the last digits, and after training
in the first.

## What to do
`torch.use_deterministic_algorithms(True)` and `torch.backends.cudnn.benchmark = False`. It costs some speed.

## Example

```python
# %% [1]
import torch
torch.manual_seed(0)
torch.backends.cudnn.benchmark = True  # <- NBD208
# %% [2]
x = torch.rand(3, device="cuda")
```

```python
# %% [1]
import torch
torch.manual_seed(0)  # <- NBD208
model = torch.nn.Linear(3, 1).cuda()
```

Deterministic algorithms are asked for:

```python
# %% [1]
import torch
torch.manual_seed(0)
torch.use_deterministic_algorithms(True)
model = torch.nn.Linear(3, 1).cuda()
```

Nothing runs on a GPU:

```python
# %% [1]
import torch
torch.manual_seed(0)
x = torch.rand(3)
```

## Known limits
Whether a GPU is used is taken from the code's text. Not on by default: select it with `--extend-select
NBD208`.

## Source
PyTorch documentation, "Reproducibility": "CUDA convolution benchmarking" and "Avoiding nondeterministic
algorithms".
"""

import re
from collections.abc import Iterator

from nbdebt.model.finding import Finding
from nbdebt.model.history import Setting
from nbdebt.rules import Needs, rule
from nbdebt.rules.analysis import Analysis
from nbdebt.rules.seeds._streams import streams

_GPU = re.compile(r"""\.cuda\(|["']cuda(?::\d+)?["']|accelerator\s*=\s*["']gpu""")
_CHOSEN = re.compile(r"use_deterministic_algorithms\(\s*(?:mode\s*=\s*)?True|\bdeterministic\s*=\s*True")
_BENCHMARK = "torch.backends.cudnn.benchmark"


@rule("NBD208", needs=Needs.SOURCE, severity="note", default=False)
def nondeterministic_torch(seen: Analysis) -> Iterator[Finding]:
    """PyTorch is seeded and used on a GPU, and deterministic algorithms are not asked for."""
    torch = streams(seen).get("torch")
    if torch is None or not torch.seeds:
        return
    sources = [cell.source for cell, _ in seen.cells()]
    if not any(_GPU.search(source) for source in sources):
        return
    seed = torch.seeds[0]
    evidence = ("the notebook seeds torch", "the notebook uses a GPU")
    for cell, flow in seen.cells():
        for access in flow.accesses:
            if access.resource != Setting(_BENCHMARK) or access.mode != "write":
                continue
            if (
                seen.line(cell.index, access.span.end_line)[access.span.end_column - 1 :]
                .lstrip(" =")
                .startswith("True")
            ):
                yield seen.finding(
                    cell.index,
                    access.span,
                    "`cudnn.benchmark` lets cuDNN choose by speed: results differ in spite of the seed",
                    "Set `torch.backends.cudnn.benchmark = False`.",
                    evidence=evidence,
                )
                return
    if not any(_CHOSEN.search(source) for source in sources):
        yield seen.finding(
            seed.cell,
            seed.access.span,
            "`torch` is seeded, but not deterministic on a GPU: results differ in spite of the seed",
            "Call `torch.use_deterministic_algorithms(True)`.",
            evidence=evidence,
        )
