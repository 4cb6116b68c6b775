# %%
import math
docs = ["red green blue", "red red yellow", "blue sky", "green sky sea"]
# %%
split = [d.split() for d in docs]
# %%
df = {}
for words in split:
    for w in set(words):
        df[w] = df.get(w, 0) + 1
# %%
N = len(docs)
idf = {w: math.log(N / c) for w, c in df.items()}
# %%
def tfidf(words):
    return {w: words.count(w) / len(words) * idf[w] for w in words}
# %%
vectors = [tfidf(words) for words in split]
# %%
query = "red sky"
scores = [sum(v.get(q, 0) for q in query.split()) for v in vectors]
print([round(s, 3) for s in scores])
# %%
best = docs[scores.index(max(scores))]
best
# %%
docs.append("new doc")
