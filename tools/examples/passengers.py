# run: imports load look ages by_class@first fares sex_table fare_bands fares by_class chart
# %% [markdown] title
# # Who was rescued?
#
# A first look at the 220 passengers of the ferry *Aurelia*. The data are made up, but the questions are the usual
# ones: how complete is the table, what did people pay, and did class or sex decide who got into a boat?
# %% imports
import matplotlib.pyplot as plt
import pandas as pd

# %% load
passengers = pd.read_csv("data/passengers.csv")
passengers.shape
# %% look
passengers.isna().sum()
# %% [markdown] cleaning
# ## Cleaning
#
# About one age in seven is missing: the median of the cabin class will do. Fares are in pounds of 1974; times 9.8 makes
# them comparable with today's.
# %% ages
passengers["age"] = passengers.groupby("cabin_class")["age"].transform(lambda age: age.fillna(age.median()))
passengers["age"].describe().round(1)
# %% fares
passengers["fare"] = passengers["fare"] * 9.8
passengers["fare"].median().round(2)
# %% [markdown] questions
# ## Class, sex, fare
#
# The first two classes did better than the third, as expected. Women fared better than men in every class.
# %% by_class@first
passengers.groupby("cabin_class")["rescued"].mean()
# %% by_class
passengers.groupby("cabin_class")[["rescued", "fare", "age"]].mean().round(2)
# %% sex_table
rescued = passengers.pivot_table(index="sex", columns="cabin_class", values="rescued").round(2)
rescued
# %% fare_bands
bands = pd.cut(passengers["fare"], [0, 100, 200, 400, 10_000])
passengers.groupby(bands, observed=True)["rescued"].agg(["mean", "size"]).round(2)
# %% chart
ax = rescued.plot.bar(figsize=(3.2, 2.2), rot=0, legend=False)
ax.set_ylabel("rescued")
plt.savefig("rescued.png", dpi=60)
plt.show()
