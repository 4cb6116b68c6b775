# %%
import pandas as pd
people = pd.read_csv("people.csv")
# %%
people["city"] = people["city"].str.strip().str.title()
# %%
people.dropna(subset=["age"], inplace=True)
# %%
people.rename(columns={"income": "salary"}, inplace=True)
# %%
people["salary"] = people["salary"] / 1000
# %%
print(people.shape)
# %%
people.sort_values("age", inplace=True)
# %%
oldest = people.iloc[-1]["name"]
oldest
# %%
cities = people["city"].value_counts()
cities
# %%
people.drop(columns=["id"], inplace=True)
# %%
mean_salary = people["salary"].mean()
