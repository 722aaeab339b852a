"""nbviz beside its peers, measured in one run: ``make bench``, or ``python -m benchmarks.log --quick`` for one of them."""
