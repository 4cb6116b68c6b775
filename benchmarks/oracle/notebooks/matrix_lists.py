# %%
n = 4
grid = [[0] * n for _ in range(n)]
# %%
for i in range(n):
    grid[i][i] = i + 1
# %%
row = grid[1]
row[0] = 9
# %%
trace = sum(grid[i][i] for i in range(n))
trace
# %%
transposed = [list(r) for r in zip(*grid)]
# %%
flat = [x for r in grid for x in r]
print(sum(flat))
# %%
grid.reverse()
# %%
corner = grid[0][0], grid[-1][-1]
corner
