# %%
import json
from pathlib import Path
out = Path("out")
out.mkdir(exist_ok=True)
# %%
records = [{"id": i, "v": i * i} for i in range(5)]
# %%
(out / "records.json").write_text(json.dumps(records))
# %%
loaded = json.loads((out / "records.json").read_text())
# %%
loaded.append({"id": 99, "v": 0})
# %%
with open(out / "log.txt", "a") as f:
    f.write(f"{len(loaded)} records\n")
# %%
n_log = len((out / "log.txt").read_text().splitlines())
print(n_log)
# %%
files = sorted(p.name for p in out.iterdir())
files
# %%
total = sum(r["v"] for r in loaded)
