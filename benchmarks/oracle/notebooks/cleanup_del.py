# %%
import sys
big = list(range(1000))
small = big[:10]
# %%
tmp = [x * 2 for x in small]
tmp2 = tmp
# %%
result = sum(tmp)
# %%
del tmp
# %%
tmp2.append(result)
# %%
del big[500:]
# %%
length = len(big)
print(length)
# %%
tmp = "used again"
# %%
both = (tmp, tmp2[-1])
both
