# %%
import pandas as pd
# %%
orders = pd.DataFrame({"id": [1, 2, 3, 4], "cust": ["a", "b", "a", "c"], "amount": [10.0, 25.5, 7.25, 99.0]})
customers = pd.DataFrame({"cust": ["a", "b", "d"], "tier": ["gold", "basic", "basic"]})
# %%
rates = {"gold": 0.1, "basic": 0.02}
# %%
full = orders.merge(customers, on="cust", how="left")
# %%
full["rate"] = full["tier"].map(rates).fillna(0)
# %%
full["net"] = full["amount"] * (1 - full["rate"])
full
# %%
unmatched = full[full["tier"].isna()]["cust"].tolist()
print("unmatched:", unmatched)
# %%
orders.loc[len(orders)] = [5, "b", 12.0]
# %%
n_orders = len(orders)
n_orders
# %%
per_cust = full.groupby("cust")["net"].agg(["sum", "count"])
