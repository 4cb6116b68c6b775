# %%
import numpy as np
import pandas as pd
# %%
idx = pd.date_range("2024-01-01", periods=60, freq="D")
rng = np.random.default_rng(0)
ts = pd.Series(rng.normal(10, 2, 60), index=idx)
# %%
window = 7
smooth = ts.rolling(window).mean()
# %%
ts.iloc[10] = 50
# %%
outliers = ts[ts > ts.mean() + 3 * ts.std()]
outliers
# %%
ts = ts.clip(upper=20)
# %%
resid = (ts - smooth).dropna()
print(resid.std().round(3))
# %%
lagged = pd.DataFrame({"t": ts, "lag": ts.shift(1)}).dropna()
# %%
rho = lagged.corr().iloc[0, 1]
rho
