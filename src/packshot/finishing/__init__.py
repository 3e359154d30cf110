"""From a picture to a market's file: placed, enhanced, encoded, labelled and checked against the rules."""
