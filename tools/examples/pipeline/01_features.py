# run: imports load recency frequency join check write
# %% [markdown] title
# # Features from orders
#
# A year of orders becomes one row a customer: how recently, how often, how much. The next notebook trains on this table;
# so does the marketing team, I think.
# %% imports
import pandas as pd

# %% load
orders = pd.read_csv("../data/orders.csv", parse_dates=["day"])
customers = pd.read_csv("../data/customers.csv", parse_dates=["joined"])
len(orders), len(customers)
# %% recency
today = orders["day"].max()
recency = (today - orders.groupby("customer_id")["day"].max()).dt.days.rename("recency")
recency.describe().round(1)
# %% frequency
spend = orders.groupby("customer_id").agg(
    orders=("order_id", "size"), amount=("amount", "sum"), returned=("returned", "mean")
)
spend.head(3).round(2)
# %% join
features = customers.set_index("customer_id").join([recency, spend]).drop(columns="joined")
features = pd.get_dummies(features, columns=["plan"], dtype=int)
features.columns.tolist()
# %% check
features.isna().sum().sum()
# %% [markdown] result
# ## The table
#
# Comma-separated, so that everybody can open it.
# %% write
features.to_csv("features.csv")
