# %%
import numpy as np
import random
# %%
n = 200
threshold = 0.5
# %%
draws = np.random.rand(n)
# %%
hits = (draws > threshold).sum()
print(hits)
# %%
picks = random.sample(range(1000), 5)
# %%
bins = [0, 0.25, 0.5, 0.75, 1.0]
# %%
hist = np.histogram(draws, bins)[0]
hist
# %%
order = sorted(picks)
