"""Measures Tollgate against what one would otherwise write. Run by Benchmarks/run; see Benchmarks/README.md."""
