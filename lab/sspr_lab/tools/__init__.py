"""The programs of a stock machine that the lab models, one file a program."""
