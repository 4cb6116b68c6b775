# run: imports load split fit report predictions
# after: pipeline/01_features
# %% [markdown] title
# # Who will leave?
#
# Trains on the table of the first notebook: a logistic regression on recency, frequency and money. Run that notebook
# first if the table is old.
# %% imports
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

# %% load
features = pd.read_csv("features.csv", index_col="customer_id")
features.shape
# %% split
X, y = features.drop(columns="churned"), features["churned"]
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=7)
y_train.mean().round(3), y_test.mean().round(3)
# %% fit
model = make_pipeline(StandardScaler(), LogisticRegression())
_ = model.fit(X_train, y_train)
# %% [markdown] result
# ## How good is it?
#
# Ninety customers are few: read the second decimal with care.
# %% report
auc = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])
print(f"area under the curve: {auc:.2f}")
# %% predictions
risk = pd.Series(model.predict_proba(X)[:, 1], X.index, name="risk").sort_values(ascending=False)
risk.head(5).round(3)
