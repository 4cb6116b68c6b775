# %%
import random
# %%
trials = 100
bias = 0.5
# %%
def flip():
    return random.random() < bias
# %%
heads = sum(flip() for _ in range(trials))
# %%
est = heads / trials
print(f"estimate {est:.3f}")
# %%
expected = trials * bias
# %%
expected
