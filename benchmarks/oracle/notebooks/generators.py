# %%
import itertools
# %%
def squares(n):
    for i in range(n):
        yield i * i
# %%
gen = squares(10)
# %%
head = list(itertools.islice(gen, 3))
head
# %%
rest = sum(gen)
print("rest", rest)
# %%
ids = itertools.count(100)
# %%
labels = [f"item-{next(ids)}" for _ in range(3)]
labels
# %%
pairs = zip(labels, head)
# %%
table = dict(pairs)
# %%
it = iter(labels)
first_label = next(it)
