# %%
import numpy as np
# %%
img = np.zeros((8, 8))
img[2:6, 2:6] = 1
# %%
kernel = np.ones((3, 3)) / 9
# %%
def blur(im):
    out = np.zeros_like(im)
    padded = np.pad(im, 1)
    for i in range(im.shape[0]):
        for j in range(im.shape[1]):
            out[i, j] = (padded[i:i + 3, j:j + 3] * kernel).sum()
    return out
# %%
img = blur(img)
# %%
print(img.max())
# %%
edge = np.abs(np.diff(img, axis=0)).sum()
# %%
np.clip(img, 0, 0.5, out=img)
# %%
bright = (img >= 0.5).sum()
bright
# %%
patch = img[:2, :2]
patch += 0.01
