# run: imports connect fill totals best query widest report
# %% [markdown] title
# # Sales, asked in SQL
#
# The orders of the year in a small SQLite database, because joins read better in SQL than in pandas. In the office the
# connection string points at the warehouse instead.
# %% imports
import sqlite3

import pandas as pd

# %% connect
shop = sqlite3.connect("shop.db")
# %% fill
pd.read_csv("data/orders.csv").to_sql("orders", shop, index=False, if_exists="append")
pd.read_csv("data/customers.csv").to_sql("customers", shop, index=False, if_exists="replace")
# %% totals
pd.read_sql("SELECT count(*) AS orders, round(sum(amount)) AS amount FROM orders", shop)
# %% [markdown] plans
# ## Which plan pays?
#
# Plus customers spend a little more on an order than the others; the basic plan lags behind.
# %% best
query = """
SELECT plan, count(*) AS orders, round(avg(amount), 2) AS mean_amount
FROM orders JOIN customers USING (customer_id)
GROUP BY plan ORDER BY mean_amount DESC
"""
by_plan = pd.read_sql_query(query, shop)
by_plan
# %% query
months = pd.read_sql_query("SELECT substr(day, 1, 7) AS month, sum(amount) AS amount FROM orders GROUP BY 1", shop)
months.nlargest(3, "amount").round(0)
# %% widest
spread = months["amount"].max() / months["amount"].min()
print(f"the best month sold {spread:.1f} times as much as the worst")
# %% report
by_plan.to_sql("plan_report", shop, index=False, if_exists="replace")
