# %%
text = "the cat and the dog and the bird"
words = text.split()
# %%
counts = {}
# %%
for w in words:
    counts[w] = counts.get(w, 0) + 1
counts
# %%
top = sorted(counts.items(), key=lambda kv: -kv[1])[:2]
top
# %%
stop = {"the", "and"}
# %%
for s in stop:
    counts.pop(s, None)
# %%
print(len(counts), "words left")
# %%
longest = max(counts, key=len)
longest
# %%
counts["fish"] = 1
