# %%
debug = False
version = 3
# %%
if version >= 3:
    def load(n):
        return list(range(n))
else:
    def load(n):
        return [0] * n
# %%
rows = load(6)
# %%
if debug:
    trace = []
# %%
try:
    trace
except NameError:
    trace = ["started"]
# %%
trace.append(len(rows))
# %%
if "cache" not in globals():
    cache = {}
# %%
cache[version] = rows
print(len(cache))
# %%
flag = "debug" if debug else "release"
flag
