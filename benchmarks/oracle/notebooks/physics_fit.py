# %%
import numpy as np
# %%
g = 9.81
t = np.linspace(0, 2, 21)
# %%
height = 20 - 0.5 * g * t ** 2
# %%
coeffs = np.polyfit(t, height, 2)
coeffs.round(4)
# %%
g_est = -2 * coeffs[0]
print("estimated g", round(float(g_est), 3))
# %%
landing = t[height > 0][-1]
landing
# %%
speed = np.gradient(height, t)
# %%
v_max = np.abs(speed).max()
