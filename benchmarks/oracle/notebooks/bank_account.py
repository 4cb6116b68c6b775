# %% [markdown]
# # A small model of an account
# %%
class Account:
    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance
        self.history = []

    def deposit(self, amount):
        self.balance += amount
        self.history.append(("deposit", amount))
        return self.balance

    def withdraw(self, amount):
        if amount > self.balance:
            raise ValueError("not enough")
        self.balance -= amount
        self.history.append(("withdraw", amount))
# %%
acc = Account("Ada", 100)
# %%
acc.deposit(50)
# %%
acc.withdraw(30)
print(acc.balance)
# %%
try:
    acc.withdraw(1000)
    problem = None
except ValueError as error:
    problem = str(error)
# %%
fee = 2.5
acc.balance = acc.balance - fee
# %%
other = Account("Grace")
other.deposit(acc.balance / 2)
# %%
summary = {a.owner: a.balance for a in (acc, other)}
summary
