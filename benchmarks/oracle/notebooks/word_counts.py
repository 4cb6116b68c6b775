# %% [markdown]
# # What the reviews say
# %%
import re
from collections import Counter
# %%
text = open("reviews.txt").read()
# %%
text = text.lower()
tokens = re.findall(r"[a-z]+", text)
# %%
stop = {"the", "and", "is", "was", "would"}
tokens = [t for t in tokens if t not in stop]
# %%
counter = Counter(tokens)
counter.most_common(3)
# %%
counter.update(["tea"] * 2)
# %%
print(counter["tea"])
# %%
vocab = sorted(counter)
index = {w: i for i, w in enumerate(vocab)}
# %%
lengths = [len(line) for line in text.splitlines()]
longest = max(lengths)
longest
