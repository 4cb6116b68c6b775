# %%
import pandas as pd
# %%
df = pd.read_csv("people.csv")
# %%
adults = df[df["age"] >= 30]
len(adults)
# %%
mean_income = adults.groupby("city")["income"].mean()
mean_income
# %%
rich = df.nlargest(3, "income")[["name", "income"]]
rich
# %%
ratio = len(adults) / len(df)
print(f"{ratio:.2f}")
# %%
df2 = df.assign(income_k=df["income"] / 1000)
# %%
df2["income_k"].describe().round(2)
# %%
cities = df2["city"].str.strip().nunique()
