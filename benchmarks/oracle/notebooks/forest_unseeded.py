# %%
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split
# %%
grid = np.arange(60)
X = np.c_[grid % 7, grid % 5, grid]
y = (grid % 3 == 0).astype(int)
# %%
Xtr, Xte, ytr, yte = train_test_split(X, y, random_state=1)
# %%
n_trees = 5
clf = RandomForestClassifier(n_estimators=n_trees)
# %%
clf.fit(Xtr, ytr)
# %%
acc = clf.score(Xte, yte)
print("accuracy", acc)
# %%
base = max(yte.mean(), 1 - yte.mean())
base
