# run: install imports orders clean helpers clean merge clean scratch label train
# run: label@first score plot_it label label score broken export log log tune final
# leaves: /tmp/churn_scores.csv
# leaves: /tmp/churn_scores.txt
# %% [markdown] title
# # churn v3 FINAL (copy)
#
# Quick model for the Thursday meeting. Started from Tom's notebook, needs tidying up. Run the merge cell twice if it
# complains.
# %% export
scored = merged.assign(score=model.predict_proba(merged[columns])[:, 1])
scored.to_csv("/tmp/churn_scores.csv", index=False)
# %% install
# %pip install -q scikit-learn pandas
# %% imports
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

# %% orders
orders = pd.read_csv("data/orders.csv")
customers = pd.read_csv("data/customers.csv")
# %% helpers
def weight(plan):
    return {"basic": 1, "plus": 2, "pro": factor}[plan]


factor = 4
# %% clean
orders["amount"] = orders["amount"] * (1 - orders["returned"] * 0.5)
orders = orders[orders["amount"] > orders["amount"].quantile(0.02)]
len(orders)
# %% scratch deleted
columns = ["amount", "orders", "weight"]
noise = 0.05
# %% merge
total = orders.groupby("customer_id").agg(amount=("amount", "sum"), orders=("amount", "size")).reset_index()
merged = customers.merge(total, on="customer_id")
merged["weight"] = merged["plan"].map(weight)
merged.head(3)
# %% [markdown] model
# ## model
#
# noise so it doesn't overfit
# %% label@first
merged["churned"] = merged["churned"].astype(int)
# %% label
merged["amount"] += np.random.normal(0, noise, len(merged)) * merged["amount"]
merged["amount"].sum().round(2)
# %% train
X_train, X_test, y_train, y_test = train_test_split(merged[columns], merged["churned"])
model = RandomForestClassifier(50).fit(X_train, y_train)
# %% score
accuracy = model.score(X_test, y_test)
print("accuracy", round(accuracy, 3))
# %% plot_it
results = []
# %% tune
for depth in range(2, 6):
    forest = RandomForestClassifier(20, max_depth=depth).fit(X_train, y_train)
    results.append((depth, round(forest.score(X_test, y_test), 3)))
results
# %% broken tags=fails
top = int(customers["plan"][0])
# %% log
with open("scores.txt", "a") as log:
    log.write(f"{accuracy:.3f}\n")
# %% final
# !cp scores.txt /tmp/churn_scores.txt
print("best so far", accuracy)
# %% [markdown] todo
# ## TODO
#
# ask Tom where segments.csv comes from
# %% segments
segments = pd.read_csv("/home/tom/churn/segments.csv")
merged = merged.merge(segments, on="customer_id")
# %% later
best_model.fit(merged[columns], merged["churned"])
