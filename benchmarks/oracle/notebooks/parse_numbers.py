# %% [markdown]
# # Cleaning numbers that came as text
# %%
raw = ["12", "7.5", "n/a", "1,200", "", "33"]
# %%
def parse(s):
    try:
        return float(s.replace(",", ""))
    except ValueError:
        return None
# %%
parsed = [parse(s) for s in raw]
parsed
# %%
missing = [i for i, p in enumerate(parsed) if p is None]
print("missing", missing)
# %%
fill = 0.0
# %%
for i in missing:
    parsed[i] = fill
# %%
total = sum(parsed)
# %%
try:
    share = parsed[0] / total
except ZeroDivisionError:
    share = 0
share
# %%
del missing
