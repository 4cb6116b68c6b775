# %%
import numpy as np
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
# %%
np.random.seed(0)
X = np.random.rand(40, 3)
y = X.sum(axis=1) + np.random.normal(scale=0.1, size=40)
# %%
folds = KFold(4, shuffle=True, random_state=2)
results = {}
# %%
for alpha in [0.1, 1.0, 10.0]:
    pipe = make_pipeline(StandardScaler(), Ridge(alpha))
    results[alpha] = cross_val_score(pipe, X, y, cv=folds).mean()
# %%
best_alpha = max(results, key=results.get)
best_alpha
# %%
final = make_pipeline(StandardScaler(), Ridge(best_alpha)).fit(X, y)
# %%
print(round(final.score(X, y), 4))
# %%
X[:, 0] = 0
# %%
drop = final.score(X, y)
