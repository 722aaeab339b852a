"""nbviz beside its peers, each pair in one run: `make bench`, or `python -m benchmarks.log --quick` for one of them."""
