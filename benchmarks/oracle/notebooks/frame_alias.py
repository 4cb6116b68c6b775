# %%
import pandas as pd
df = pd.DataFrame({"x": [1, 2, 3, 4], "y": [4.0, 3.0, 2.0, 1.0]})
# %%
work = df
safe = df.copy()
# %%
work["z"] = work["x"] + work["y"]
# %%
def normalise(frame):
    frame["x"] = frame["x"] / frame["x"].max()
    return frame
# %%
out = normalise(work)
# %%
print(df["x"].tolist())
# %%
cols = list(df.columns)
cols
# %%
safe.loc[0, "y"] = 100
# %%
gap = (safe["y"] - df["y"]).abs().sum()
gap
