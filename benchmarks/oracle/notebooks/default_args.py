# %%
def add_item(item, bag=[]):
    bag.append(item)
    return bag
# %%
basket = add_item("apple")
# %%
basket2 = add_item("pear")
basket2
# %%
factor = 2
def scale(xs, by=factor):
    return [x * by for x in xs]
# %%
data = [1, 2, 3]
scaled = scale(data)
# %%
factor = 10
# %%
rescaled = scale(data, factor)
print(rescaled)
# %%
size = len(basket)
size
