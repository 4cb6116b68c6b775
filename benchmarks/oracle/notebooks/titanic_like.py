# %% [markdown]
# # Who subscribes?
# %%
import numpy as np
import pandas as pd
# %%
train = pd.read_csv("people.csv")
target = "subscribed"
# %%
train["age"] = train["age"].fillna(train["age"].mean())
# %%
train["y"] = (train[target] == "yes").astype(int)
# %%
bins = [0, 30, 50, 100]
train["band"] = pd.cut(train["age"], bins, labels=["young", "mid", "old"])
# %%
train.groupby("band", observed=True)["y"].mean()
# %%
features = ["age", "income"]
features.append("y")
# %%
corr = train[features].corr()
print(corr.loc["age", "y"].round(3))
# %%
train = train.drop(columns=[target])
# %%
train.shape
