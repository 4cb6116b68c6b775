# %%
title = "Weekly report"
author = "M. Kim"
# %%
lines = []
lines.append(title)
lines.append("=" * len(title))
# %%
figures = {"visits": 1204, "orders": 87, "returns": 5}
# %%
for key, value in figures.items():
    lines.append(f"{key:10}{value:>8}")
# %%
rate = figures["orders"] / figures["visits"]
lines += [f"conversion {rate:.2%}"]
# %%
report = "\n".join(lines)
print(report)
# %%
report += f"\n-- {author}"
# %%
n_lines = report.count("\n")
n_lines
