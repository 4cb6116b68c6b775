# %%
import numpy as np
# %%
SEED = 2024
rng = np.random.default_rng(SEED)
n = 1000
# %%
pts = rng.random((n, 2))
# %%
inside = (pts ** 2).sum(axis=1) < 1
# %%
pi_hat = 4 * inside.mean()
print(pi_hat)
# %%
estimates = []
# %%
for _ in range(5):
    estimates.append(4 * ((rng.random((n, 2)) ** 2).sum(axis=1) < 1).mean())
# %%
spread = np.std(estimates)
spread
# %%
error = abs(np.mean(estimates) - np.pi)
