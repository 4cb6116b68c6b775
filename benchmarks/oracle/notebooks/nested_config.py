# %%
import copy
config = {"lr": 0.1, "layers": [8, 4], "opts": {"momentum": 0.9, "decay": 0.0}}
# %%
base = config
best = copy.deepcopy(config)
# %%
config["lr"] = 0.05
# %%
opts = config["opts"]
opts["decay"] = 1e-3
# %%
print(base["lr"], best["lr"])
# %%
config["layers"].append(2)
# %%
depth = len(base["layers"])
depth
# %%
config.update(name="run-1", epochs=depth * 5)
# %%
score = config["lr"] * config["epochs"]
# %%
best["score"] = score
best
