# %%
tree = {"v": 1, "kids": [{"v": 2, "kids": []}, {"v": 3, "kids": [{"v": 4, "kids": []}]}]}
# %%
def walk(node, depth=0):
    yield depth, node["v"]
    for kid in node["kids"]:
        yield from walk(kid, depth + 1)
# %%
flat = list(walk(tree))
flat
# %%
depth = max(d for d, _ in flat)
# %%
def insert(node, value):
    node["kids"].append({"v": value, "kids": []})
# %%
insert(tree, 5)
# %%
total = sum(v for _, v in walk(tree))
print(total)
# %%
leaf = tree["kids"][1]["kids"][0]
leaf["v"] += 10
