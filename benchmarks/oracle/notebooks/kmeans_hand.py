# %%
import numpy as np
rs = np.random.RandomState(5)
# %%
pts = np.vstack([rs.normal(c, 0.3, (15, 2)) for c in (0, 3)])
# %%
k = 2
centers = pts[rs.choice(len(pts), k, replace=False)]
# %%
def assign(points, cs):
    return ((points[:, None] - cs) ** 2).sum(-1).argmin(1)
# %%
for it in range(5):
    labels = assign(pts, centers)
    centers = np.array([pts[labels == j].mean(0) for j in range(k)])
# %%
sizes = np.bincount(labels, minlength=k)
print(sizes)
# %%
inertia = ((pts - centers[labels]) ** 2).sum()
round(float(inertia), 4)
# %%
pts -= pts.mean(0)
