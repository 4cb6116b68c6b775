# %%
import json
# %%
with open("config.json") as f:
    cfg = json.load(f)
# %%
cfg["model"]["lr"] = cfg["model"]["lr"] * 0.5
# %%
lr = cfg["model"]["lr"]
epochs = cfg["model"]["epochs"]
print(lr, epochs)
# %%
losses = [1.0 / (1 + lr * e) for e in range(epochs)]
losses[-1]
# %%
cfg["result"] = losses[-1]
json.dump(cfg, open("config_used.json", "w"))
# %%
used = json.load(open("config_used.json"))
used["result"] == cfg["result"]
# %%
tags = cfg["tags"]
tags.append("done")
