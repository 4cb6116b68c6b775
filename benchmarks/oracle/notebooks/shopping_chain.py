# %%
prices = {"milk": 1.2, "bread": 2.5, "eggs": 3.1}
# %%
cart = ["milk", "eggs", "milk"]
# %%
subtotal = sum(prices[p] for p in cart)
subtotal
# %%
discount = 0.1 if subtotal > 5 else 0
# %%
price = subtotal * (1 - discount)
# %%
tax = 0.2
price = price * (1 + tax)
# %%
print(f"to pay {price:.2f}")
# %%
receipt = [f"{p}: {prices[p]}" for p in sorted(set(cart))]
receipt
# %%
prices["milk"] = 1.3
