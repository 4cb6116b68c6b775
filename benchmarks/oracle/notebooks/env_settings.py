# %%
import os
import pandas as pd
# %%
os.environ["STAGE"] = "dev"
pd.options.display.max_rows = 6
# %%
stage = os.environ.get("STAGE", "none")
print("stage", stage)
# %%
df = pd.DataFrame({"n": range(20)})
# %%
df
# %%
pd.set_option("display.precision", 2)
# %%
(df / 7).head(3)
# %%
os.environ["STAGE"] = "prod"
# %%
def settings():
    return {"stage": os.environ["STAGE"], "rows": pd.options.display.max_rows}
# %%
current = settings()
current
