# %% [markdown]
# # Savings plan
# %%
principal = 1000.0
rate = 0.04
years = 10
# %%
def compound(p, r, n):
    return p * (1 + r) ** n
# %%
final = compound(principal, rate, years)
print(f"{final:.2f}")
# %%
schedule = [(n, round(compound(principal, rate, n), 2)) for n in range(years + 1)]
schedule[-3:]
# %%
gain = final - principal
# %%
doubled = next((n for n, v in schedule if v >= 2 * principal), None)
doubled
# %%
inflation = 0.02
real = compound(principal, rate - inflation, years)
real
