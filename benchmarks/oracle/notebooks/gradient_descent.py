# %% [markdown]
# # Gradient descent by hand
# %%
import numpy as np
# %%
X = np.linspace(0, 1, 20)
target = 3 * X + 0.5
# %%
w, b = 0.0, 0.0
lr = 0.5
history = []
# %%
def loss(w, b):
    return float(((w * X + b - target) ** 2).mean())
# %%
for epoch in range(30):
    err = w * X + b - target
    w -= lr * 2 * (err * X).mean()
    b -= lr * 2 * err.mean()
    history.append(loss(w, b))
# %%
print(f"w={w:.3f} b={b:.3f}")
# %%
lr = lr / 10
# %%
final = history[-1]
final
# %%
improved = history[0] > final
