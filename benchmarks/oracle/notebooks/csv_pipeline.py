# %%
import pandas as pd
# %%
raw = pd.read_csv("sales.csv")
min_units = 10
# %%
kept = raw[raw["units"] >= min_units]
# %%
kept.to_csv("kept.csv", index=False)
# %%
again = pd.read_csv("kept.csv")
again.shape
# %%
stats = again.describe().loc[["mean", "std"]]
stats
# %%
with open("summary.txt", "w") as fh:
    fh.write(f"rows={len(again)}\n")
    fh.write(f"mean={again['units'].mean():.2f}\n")
# %%
print(open("summary.txt").read())
# %%
header = open("kept.csv").readline().strip().split(",")
