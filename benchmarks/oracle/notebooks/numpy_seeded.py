# %% [markdown]
# # A simulation, with a seed
# %%
import numpy as np
# %%
np.random.seed(42)
# %%
x = np.random.normal(size=100)
# %%
noise = np.random.rand(100)
y = 2 * x + noise
# %%
slope = (x * y).sum() / (x * x).sum()
print(round(slope, 4))
# %%
idx = np.random.permutation(100)[:10]
# %%
sample = y[idx]
sample.mean()
# %%
np.random.seed(1)
boot = [np.random.choice(y, 20).mean() for _ in range(5)]
# %%
spread = max(boot) - min(boot)
spread
