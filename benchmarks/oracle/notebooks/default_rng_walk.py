# %%
import numpy as np
rng = np.random.default_rng(7)
# %%
steps = rng.choice([-1, 1], size=50)
# %%
walk = steps.cumsum()
# %%
print(walk[-1], walk.max())
# %%
start = 10
path = start + walk
# %%
noisy = path + rng.normal(scale=0.1, size=50)
# %%
err = np.abs(noisy - path).mean()
err
# %%
crossings = int((np.diff(np.sign(walk)) != 0).sum())
crossings
