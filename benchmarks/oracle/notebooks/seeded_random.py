# %%
import random
random.seed(123)
# %%
deck = list(range(1, 14))
random.shuffle(deck)
# %%
hand = deck[:5]
print(hand)
# %%
deck = deck[5:]
# %%
rolls = [random.randint(1, 6) for _ in range(10)]
# %%
mean = sum(rolls) / len(rolls)
mean
# %%
own = random.Random(9)
scores = [own.gauss(0, 1) for _ in range(3)]
# %%
winner = random.choice(["red", "blue"])
winner
