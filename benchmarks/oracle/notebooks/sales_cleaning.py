# %% [markdown]
# # Sales: cleaning
# %%
import pandas as pd
# %%
df = pd.read_csv("sales.csv")
df.head()
# %%
df["price"] = df["price"].fillna(df["price"].median())
# %%
df["revenue"] = df["units"] * df["price"]
# %%
by_region = df.groupby("region")["revenue"].sum()
by_region
# %%
df = df[df["units"] > 5]
# %%
print(len(df), "rows")
# %%
df["month"] = df["date"].str[:7]
# %%
monthly = df.groupby("month")["revenue"].mean().round(2)
monthly
# %%
best = monthly.idxmax()
best
