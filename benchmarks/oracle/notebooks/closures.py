# %%
def make_counter(step=1):
    count = 0

    def bump():
        nonlocal count
        count += step
        return count

    return bump
# %%
rate = 3
def scaled(x):
    return x * rate
# %%
c = make_counter()
d = make_counter(5)
# %%
first = [c() for _ in range(3)]
first
# %%
second = d() + d()
# %%
y = scaled(10)
print(y)
# %%
rate = 4
# %%
z = scaled(10)
z
# %%
handlers = [lambda v, k=k: v + k for k in range(3)]
results = [h(10) for h in handlers]
# %%
last = c()
