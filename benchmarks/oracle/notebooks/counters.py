# %% [markdown]
# # Counting things
# %%
total = 0
seen = []
limit = 50
# %%
values = [3, 8, 15, 4, 42, 23, 16]
# %%
for value in values:
    total += value
    seen.append(value)
# %%
print("total so far", total)
# %%
average = total / len(seen)
average
# %%
over = [v for v in seen if v > average]
over
# %%
total = total - min(values)
# %% [markdown]
# The limit is agreed with the team.
# %%
within = total < limit * 2
print("within the limit:", within)
