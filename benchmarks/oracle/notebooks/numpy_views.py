# %%
import numpy as np
# %%
a = np.arange(12).reshape(3, 4)
# %%
row = a[0]
col = a[:, 1]
# %%
row[:] = 7
# %%
print(a.sum())
# %%
b = a.copy()
b[b > 8] = 0
# %%
a *= 2
# %%
col_mean = col.mean()
col_mean
# %%
mask = a > 10
picked = a[mask]
picked
# %%
a.sort(axis=1)
# %%
total = a[:, 0].sum() + b.max()
