# %%
from math import *
# %%
radius = 3.5
# %%
area = pi * radius ** 2
area
# %%
angles = [0, pi / 6, pi / 4, pi / 2]
sines = [round(sin(a), 4) for a in angles]
# %%
print(sines)
# %%
e = 2.7
# %%
growth = exp(1) - e
# %%
steps = 10
pts = [(cos(2 * pi * i / steps), sin(2 * pi * i / steps)) for i in range(steps)]
# %%
perimeter = sum(hypot(a[0] - b[0], a[1] - b[1]) for a, b in zip(pts, pts[1:]))
perimeter
