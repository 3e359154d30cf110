"""Why a picture came out as it did: the words that moved it, its nearest training products, what the noise steers."""
