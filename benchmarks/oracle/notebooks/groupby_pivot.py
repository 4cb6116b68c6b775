# %%
import pandas as pd
# %%
sales = pd.read_csv("sales.csv", parse_dates=["date"])
# %%
grouped = sales.groupby(["region", "product"])
# %%
units = grouped["units"].sum()
# %%
pivot = sales.pivot_table(index="region", columns="product", values="units", aggfunc="sum", fill_value=0)
pivot
# %%
pivot["total"] = pivot.sum(axis=1)
# %%
share = pivot.div(pivot["total"], axis=0).round(3)
share
# %%
top_region = pivot["total"].idxmax()
print("top", top_region)
# %%
weekly = sales.set_index("date")["units"].resample("W").sum()
# %%
peak = weekly.max()
