"""Make the small data sets of the example notebooks: made up, and the same whenever they are made.

``python tools/example_data.py`` writes ``example_notebooks/data/*.csv``.
"""

import csv
import datetime as dt
import math
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "example_notebooks" / "data"

_FIRST, _LAST, _GOOD, _BAD, _THINGS = (
    words.split()
    for words in (
        "Ada Ben Cleo Dora Emil Fay Gus Hana Ivo Jun Kim Lena Milo Nora Otto Pia Rui Sara Tom Uma",
        "Ashdown Birch Corbel Dunmore Elwood Farrow Gable Hollis Inskip Juniper Kestrel Larch Mallow",
        "great lovely sturdy quick bright quiet reliable comfortable generous perfect",
        "broken slow flimsy noisy late dull useless scratched stiff disappointing",
        "kettle lamp backpack chair notebook headset blanket clock bottle desk",
    )
)


def passengers(draw: random.Random) -> Iterable[Sequence[object]]:
    """Passengers of a ferry that never sailed; fares are pennies in some rows, as in the wild."""
    yield "passenger_id", "name", "cabin_class", "sex", "age", "fare", "port", "rescued"
    for number in range(1, 221):
        cabin = draw.choices((1, 2, 3), (2, 3, 6))[0]
        sex = draw.choice(("female", "male"))
        age = "" if draw.random() < 0.15 else max(1, round(draw.gauss(34 - 3 * cabin, 13)))
        fare = round(draw.lognormvariate(4.6 - 0.8 * cabin, 0.3), 2)
        chance = 0.75 - 0.17 * cabin + (0.3 if sex == "female" else 0)
        name = f"{draw.choice(_LAST)}, {draw.choice(_FIRST)}"
        yield number, name, cabin, sex, age, fare, draw.choice("SCQ"), int(draw.random() < chance)


def houses(draw: random.Random) -> Iterable[Sequence[object]]:
    """House sales in a town that isn't on a map."""
    yield "sale_id", "area_m2", "rooms", "year_built", "distance_km", "garden", "price_k"
    for number in range(1, 251):
        area = max(35, round(draw.gauss(105, 35)))
        rooms = max(1, round(area / 27 + draw.gauss(0, 0.7)))
        year, distance, garden = draw.randint(1920, 2023), round(draw.expovariate(0.2), 1), draw.randint(0, 1)
        price = (
            40 + 2.4 * area + 9 * rooms + 0.5 * (year - 1920) - 6 * distance + 18 * garden + draw.gauss(0, 22)
        )
        yield number, area, rooms, year, distance, garden, round(max(price, 45), 1)


def temperatures(draw: random.Random) -> Iterable[Sequence[object]]:
    """Two years of daily minimum temperatures, with a few gaps."""
    yield "Date", "Temp"
    day, left = dt.date(2022, 1, 1), 0.0
    for number in range(730):
        left = 0.7 * left + draw.gauss(0, 1.6)
        season = 11 + 5 * math.cos(2 * math.pi * (number - 20) / 365.25)
        if draw.random() > 0.02:
            yield day + dt.timedelta(number), round(season + left, 1)


def reviews(draw: random.Random) -> Iterable[Sequence[object]]:
    """Product reviews, half of them happy."""
    yield "text", "label"
    for number in range(160):
        happy = number % 2
        mine, other = (_GOOD, _BAD) if happy else (_BAD, _GOOD)
        words = draw.sample(mine, 2)
        if draw.random() < 0.45:
            words[1] = draw.choice(other)
        thing = draw.choice(_THINGS)
        opening = draw.choice(("The", "This", "My new", "Our"))
        yield (
            f"{opening} {thing} is {words[0]} and the delivery was {words[1]}.",
            "happy" if happy else "unhappy",
        )


def survey(draw: random.Random) -> Iterable[Sequence[object]]:
    """Answers to a staff survey; some scores were typed as 0 to 100 and some as 0 to 10."""
    yield "respondent", "department", "tenure_years", "satisfaction", "comments"
    for number in range(1, 121):
        score = min(10, max(0, round(draw.gauss(6.5, 2))))
        said = draw.choice(("", "", "fine", "more daylight please", "meetings", "coffee"))
        department = draw.choice(("lab", "sales", "support", " lab", "Sales"))
        yield number, department, draw.randint(0, 15), score * 10 if draw.random() < 0.1 else score, said


def visits(draw: random.Random) -> Iterable[Sequence[object]]:
    """Visits to a shop's page in two variants."""
    yield "visitor", "variant", "minutes", "bought"
    for number in range(1, 401):
        variant = draw.choice("AB")
        yield (
            number,
            variant,
            round(draw.expovariate(0.3), 1),
            int(draw.random() < (0.13 if variant == "B" else 0.10)),
        )


def orders(draw: random.Random) -> Iterable[Sequence[object]]:
    """Orders of customers, some of whom leave."""
    yield "order_id", "customer_id", "day", "amount", "returned"
    for number in range(1, 601):
        day = dt.date(2024, 1, 1) + dt.timedelta(draw.randint(0, 364))
        amount = round(draw.lognormvariate(3.4, 0.6), 2)
        yield number, draw.randint(1, 90), day, amount, int(draw.random() < 0.12)


def customers(draw: random.Random) -> Iterable[Sequence[object]]:
    """The customers of those orders."""
    yield "customer_id", "joined", "plan", "churned"
    for number in range(1, 91):
        plan = draw.choice(("basic", "plus", "pro"))
        joined = dt.date(2020, 1, 1) + dt.timedelta(draw.randint(0, 1400))
        yield number, joined, plan, int(draw.random() < {"basic": 0.4, "plus": 0.25, "pro": 0.1}[plan])


def main() -> int:
    """Write all data sets."""
    DATA.mkdir(parents=True, exist_ok=True)
    for make in (passengers, houses, temperatures, reviews, survey, visits, orders, customers):
        with (DATA / f"{make.__name__}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(make(random.Random(make.__name__)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
