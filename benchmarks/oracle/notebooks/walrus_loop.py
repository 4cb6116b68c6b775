# %%
stream = [5, 9, 1, 0, 4]
queue = list(stream)
# %%
taken = []
while queue and (item := queue.pop(0)) != 0:
    taken.append(item)
# %%
print(item, taken)
# %%
if (n := len(taken)) > 2:
    message = f"{n} taken"
else:
    message = "few"
# %%
big = [last := x for x in taken if x > 2]
# %%
left = len(queue)
left
# %%
n = n + left
# %%
summary = dict(n=n, last=last, message=message)
summary
