# run: imports load tidy monthly rolling warmest export report
# %% [markdown] title
# # Two years of nights
#
# Daily minimum temperatures of one weather station, resampled to months. The latest file is on the web; without a
# connection the copy beside this notebook has to do.
# %% imports
from pathlib import Path

import pandas as pd

URL = "https://raw.githubusercontent.com/jbrownlee/Datasets/master/daily-min-temperatures.csv"

# %% load
try:
    daily = pd.read_csv(URL, parse_dates=["Date"], index_col="Date")
except OSError:
    daily = pd.read_csv("data/temperatures.csv", parse_dates=["Date"], index_col="Date")
daily.index.min(), daily.index.max(), len(daily)
# %% tidy
days = daily["Temp"].asfreq("D")
print(f"{days.isna().sum()} nights are missing, filled from their neighbours")
days = days.interpolate()
# %% [markdown] months
# ## By month
#
# The coldest and the warmest month are half a year apart, as they should be. A rolling mean of 30 nights shows the same
# without the steps.
# %% monthly
monthly = days.resample("MS").agg(["mean", "min", "max"]).round(1)
monthly.head(6)
# %% rolling
smooth = days.rolling(30, center=True).mean()
smooth.idxmin().date(), smooth.idxmax().date()
# %% warmest
monthly["mean"].nlargest(3)
# %% [markdown] hand_over
# ## For the others
#
# The energy team picks the table up from the reports folder on Mondays.
# %% export
reports = Path.home() / "reports"
reports.mkdir(exist_ok=True)
monthly.to_csv(reports / "monthly_temperatures.csv")
# %% report
with open("station_summary.txt", "a") as summary:
    summary.write(f"{days.index[-1].date()}: {len(days)} nights, mean {days.mean():.2f}\n")
