# %%
import statistics as st
# %%
answers = {"q1": [4, 5, 3, 4], "q2": [2, 2, 5, 1], "q3": [5, 5, 4, 5]}
weights = {"q1": 1.0, "q2": 0.5, "q3": 2.0}
# %%
means = {q: st.mean(a) for q, a in answers.items()}
means
# %%
weighted = sum(means[q] * weights[q] for q in means) / sum(weights.values())
print(round(weighted, 3))
# %%
best = max(means, key=means.get)
worst = min(means, key=means.get)
# %%
print("best", best, "worst", worst)
# %%
sd = {q: round(st.pstdev(a), 3) for q, a in answers.items()}
sd
# %%
flagged = [q for q in sd if sd[q] > 1]
