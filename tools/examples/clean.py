# run: imports load prepare split fit score write
# %% [markdown] title
# # Plan prices, without debt
#
# The same kind of work as in the other notebooks, done so that the next reader owes nobody anything: every draw has a
# seed, the data are in git, the one output is declared in `nbdebt.toml`, and the cells run from top to bottom.
# %% imports
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import mean_absolute_error
from sklearn.model_selection import train_test_split

SEED = 20_240
rng = np.random.default_rng(SEED)

# %% load
houses = pd.read_csv("data/houses.csv", index_col="sale_id")
houses.shape
# %% [markdown] features
# ## Features
#
# The age of a house says more than the year it was built in. New columns go into a new frame: the cell can be run twice.
# %% prepare
features = houses.drop(columns="price_k").assign(age=2024 - houses["year_built"])
price = houses["price_k"]
features.head(3)
# %% split
X_train, X_test, y_train, y_test = train_test_split(features, price, test_size=0.2, random_state=SEED)
len(X_train), len(X_test)
# %% [markdown] model
# ## Model
#
# A forest of 50 trees, and the error of always guessing the mean to compare it with. The interval comes from drawing the
# test houses again.
# %% fit
model = RandomForestRegressor(n_estimators=50, random_state=SEED).fit(X_train, y_train)
predicted = model.predict(X_test)
# %% score
error = mean_absolute_error(y_test, predicted)
baseline = mean_absolute_error(y_test, np.full(len(y_test), y_train.mean()))
misses = np.abs(y_test.to_numpy() - predicted)
spread = np.std([rng.choice(misses, len(misses)).mean() for _ in range(200)])
print(f"forest {error:.1f} ± {spread:.1f}, mean {baseline:.1f} (thousands)")
# %% write
pd.Series(predicted, X_test.index, name="predicted_k").round(1).to_csv("outputs/house_predictions.csv")
