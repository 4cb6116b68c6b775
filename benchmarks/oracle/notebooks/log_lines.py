# %%
import re
from collections import defaultdict
# %%
fh = open("server.log")
# %%
first = fh.readline().strip()
first
# %%
pattern = re.compile(r"(INFO|WARN|ERROR) (\w+) took=(\d+)")
rows = [pattern.search(line).groups() for line in fh]
# %%
by_level = defaultdict(list)
for level, event, took in rows:
    by_level[level].append(int(took))
# %%
slow = [r for r in rows if int(r[2]) > 500]
print(len(slow), "slow")
# %%
means = {k: sum(v) / len(v) for k, v in by_level.items()}
means
# %%
fh.close()
# %%
events = {event for _, event, _ in rows}
len(events)
