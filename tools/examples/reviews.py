# run: imports load shuffle split words vectorise train score wrong log
# %% [markdown] title
# # Happy or unhappy?
#
# 160 short product reviews, half of them happy. Bag of words and a logistic regression: a baseline to beat before
# anyone reaches for something larger.
# %% imports
import random
from datetime import datetime

import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

# %% load
reviews = pd.read_csv("data/reviews.csv")
reviews["label"].value_counts()
# %% shuffle
order = list(range(len(reviews)))
random.shuffle(order)
reviews = reviews.iloc[order].reset_index(drop=True)
reviews.head(4)
# %% split
train, test = reviews[:120], reviews[120:]
train["label"].value_counts(normalize=True).round(2)
# %% [markdown] model
# ## Words
#
# Articles, forms of *be* and the like say nothing about anybody's mood: the vocabulary is the words with more than three
# letters.
# %% words
words = " ".join(train["text"]).lower().replace(".", "").split()
vocabulary = list({word for word in words if len(word) > 3})
len(vocabulary)
# %% vectorise
vectoriser = CountVectorizer(vocabulary=vocabulary)
X_train = vectoriser.transform(train["text"])
X_test = vectoriser.transform(test["text"])
X_train.shape
# %% train
model = LogisticRegression(C=0.5)
_ = model.fit(X_train, train["label"])
# %% score
accuracy = model.score(X_test, test["label"])
print(f"accuracy on {len(test)} reviews: {accuracy:.2f}")
# %% wrong
test[model.predict(X_test) != test["label"]]["text"].head(3).tolist()
# %% log
name = f"predictions_{datetime.now():%Y%m%d_%H%M%S}.csv"
test.assign(predicted=model.predict(X_test)).to_csv(name, index=False)
