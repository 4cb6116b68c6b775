# %%
from dataclasses import dataclass, field
# %%
@dataclass
class Item:
    name: str
    price: float
    stock: int = 0
    tags: list = field(default_factory=list)
# %%
items = [Item("pen", 1.5, 10), Item("ink", 7.0, 3), Item("pad", 4.25)]
# %%
def value_of(stock):
    return sum(i.price * i.stock for i in stock)
# %%
before = value_of(items)
before
# %%
for i in items:
    if i.stock == 0:
        i.tags.append("sold out")
# %%
items[2].stock = 6
# %%
after = value_of(items)
print("grew by", after - before)
# %%
by_name = {i.name: i for i in items}
# %%
by_name["pen"].price *= 1.1
# %%
dear = [i.name for i in items if i.price > 2]
dear
