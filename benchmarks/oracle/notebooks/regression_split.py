# %% [markdown]
# # Linear regression
# %%
import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import train_test_split
# %%
rng = np.random.RandomState(3)
X = rng.rand(80, 2)
y = X @ np.array([1.5, -2.0]) + rng.normal(scale=0.05, size=80)
# %%
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0)
# %%
model = LinearRegression()
# %%
model.fit(X_train, y_train)
# %%
score = model.score(X_test, y_test)
print(f"R2 {score:.4f}")
# %%
X_train = (X_train - X_train.mean(0)) / X_train.std(0)
# %%
coefs = model.coef_.round(3)
coefs
# %%
resid = y_test - model.predict(X_test)
