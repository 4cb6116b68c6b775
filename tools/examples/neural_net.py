# run: imports data params@first forward train final loss_plot params train train final loss_plot restarts
# %% [markdown] title
# # A neural network in forty lines
#
# Two moons, one hidden layer of eight units, plain gradient descent, nothing but numpy. To see what a framework does for
# us, and because it is fun.
# %% imports
import matplotlib.pyplot as plt
import numpy as np

# %% data
angle = np.random.uniform(0, np.pi, 200)
label = np.arange(200) % 2
X = np.c_[np.cos(angle), np.sin(angle)] * (1 - 2 * label)[:, None] + np.c_[label, label * 0.5]
X += np.random.normal(0, 0.12, X.shape)
X.mean(axis=0).round(2)
# %% [markdown] weights
# ## Weights
#
# Small random numbers, so that the units don't all learn the same thing.
# %% params@first
W1, b1 = np.random.randn(2, 8) * 0.5, np.zeros(8)
W2, b2 = np.random.randn(8) * 0.5, 0.0
rate, losses = 0.1, []
# %% params
W1, b1 = np.random.randn(2, 8) * 0.5, np.zeros(8)
W2, b2 = np.random.randn(8) * 0.5, 0.0
rate, losses = 0.5, []
# %% forward
def forward(X):
    hidden = np.tanh(X @ W1 + b1)
    return hidden, 1 / (1 + np.exp(-(hidden @ W2 + b2)))


def loss(probability):
    return -np.mean(label * np.log(probability) + (1 - label) * np.log(1 - probability))


# %% [markdown] training
# ## Training
#
# 400 steps a time. If the loss still falls, run the cell again.
# %% train
for step in range(400):
    hidden, probability = forward(X)
    error = (probability - label) / len(X)
    back = np.outer(error, W2) * (1 - hidden**2)
    W2 -= rate * hidden.T @ error
    b2 -= rate * error.sum()
    W1 -= rate * X.T @ back
    b1 -= rate * back.sum(axis=0)
    losses.append(loss(probability))
print(f"{len(losses)} steps, loss {losses[-1]:.3f}")
# %% final
accuracy = np.mean((forward(X)[1] > 0.5) == label)
print(f"accuracy {accuracy:.3f}")
# %% loss_plot
plt.figure(figsize=(3.2, 2))
plt.plot(losses)
plt.xlabel("step")
plt.show()
# %% [markdown] noise
# ## How much is luck?
#
# The same network from five other starts, 200 steps each.
# %% restarts
ends = []
for start in range(5):
    np.random.seed(1)
    W1, W2 = np.random.randn(2, 8) * 0.5, np.random.randn(8) * 0.5
    ends.append(loss(forward(X)[1]))
np.round(ends, 3)
