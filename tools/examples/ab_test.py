# run: imports load rates sample bootstrap interval power verdict
# %% [markdown] title
# # Does the new page sell more?
#
# 400 visits, half of them on the new page. The difference in the share of buyers, with a bootstrap interval, because
# the normal approximation is shaky with so few purchases.
# %% imports
import uuid

import numpy as np
import pandas as pd

# %% load
visits = pd.read_csv("data/visits.csv")
visits.groupby("variant")["bought"].agg(["size", "sum"])
# %% rates
rates = visits.groupby("variant")["bought"].mean()
difference = rates["B"] - rates["A"]
rates.round(3)
# %% sample
visits.sample(3)
# %% [markdown] bootstrap_text
# ## Bootstrap
#
# Draw the visits again with replacement, 500 times, and look at where the difference falls.
# %% bootstrap
rng = np.random.default_rng()
a = visits.loc[visits["variant"] == "A", "bought"].to_numpy()
b = visits.loc[visits["variant"] == "B", "bought"].to_numpy()
draws = np.array([rng.choice(b, len(b)).mean() - rng.choice(a, len(a)).mean() for _ in range(500)])
# %% interval
low, high = np.quantile(draws, [0.025, 0.975])
print(f"difference {difference:.3f}, 95 % between {low:.3f} and {high:.3f}")
# %% power
needed = 16 * rates.mean() * (1 - rates.mean()) / 0.02**2
print(f"about {needed:,.0f} visits a variant would show a difference of two points")
# %% verdict
run = uuid.uuid4().hex[:8]
pd.DataFrame({"run": [run], "low": [low], "high": [high]}).to_csv(f"ab_test_{run}.csv", index=False)
# %% [markdown] next
# ## To do
#
# The same by device, once the field is in the export.
# %% by_device
visits.groupby(["device", "variant"])["bought"].mean().unstack().round(3)
