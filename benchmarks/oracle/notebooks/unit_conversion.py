# %%
temps_f = [32, 50, 68, 86]
# %%
def to_c(f):
    return (f - 32) * 5 / 9
# %%
temps_c = [to_c(t) for t in temps_f]
temps_c
# %%
hottest = max(temps_c)
coldest = min(temps_c)
# %%
span = hottest - coldest
print("span", span)
# %%
names = ["mon", "tue", "wed", "thu"]
week = dict(zip(names, temps_c))
week
# %%
warm = [d for d, t in week.items() if t > 15]
warm
