# %%
calls = 0
log = []
# %%
def work(x):
    global calls
    calls += 1
    log.append(x)
    return x * offset
# %%
offset = 7
# %%
a = work(2)
# %%
b = work(a)
b
# %%
def reset():
    global calls, log
    calls = 0
    log = []
# %%
print(calls, log)
# %%
reset()
# %%
c = work(5)
# %%
ratio = c / calls
ratio
