# run: imports load departments scale strangers
# run: threshold unhappy by_department summary@first rename summary save
# %% [markdown] title
# # The staff survey
#
# 120 answers, typed by hand from paper. Departments are spelled in several ways and some people gave 70 where they meant
# 7, so most of the work is cleaning.
# %% imports
import pandas as pd

# %% load
survey = pd.read_csv("data/survey.csv")
survey["department"].value_counts()
# %% departments
survey["department"] = survey["department"].str.strip().str.lower()
list = sorted(survey["department"].unique())
list
# %% scale
too_large = survey["satisfaction"] > 10
survey.loc[too_large, "satisfaction"] = survey.loc[too_large, "satisfaction"] // 10
too_large.sum()
# %% strangers
outliers = survey[survey["tenure_years"] > 14]
len(outliers)
# %% threshold deleted
cut_off = 5
# %% unhappy
unhappy = survey[survey["satisfaction"] < cut_off]
len(unhappy)
# %% [markdown] table
# ## By department
#
# Mean satisfaction, number of answers, and the share of people below the line.
# %% by_department
by_department = survey.groupby("department")["satisfaction"].agg(["mean", "size"]).round(2)
by_department["unhappy"] = unhappy.groupby("department").size() / by_department["size"]
by_department.round(2)
# %% summary@first
table = by_department.sort_values("unhappy")
table.index[0]
# %% summary
ranking = by_department.sort_values("share_unhappy")
ranking.index[0]
# %% rename
by_department = by_department.rename(columns={"unhappy": "share_unhappy"})
by_department.columns.tolist()
# %% save
survey.to_csv("data/survey.csv", index=False)
# %% keep
print(f"happiest: {list(table.index)[0]}, of {len(survey)} answers")
