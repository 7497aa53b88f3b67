# Everything a developer does here. `make` alone prints this list.
.DEFAULT_GOAL := help
.PHONY: help install run test test-asan test-tsan examples fuzz conformance snapshot api-reference documents build check \
  format clean bench bench-compare bench-soak bench-growth bench-analytics overload

# All tests at once would wait for two processors so long that limits of time are passed.
test: export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 6
test-asan test-tsan: export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH ?= 4

SWIFT_FOLDERS := Package.swift Plugins Sources Tests Fuzz Examples
SHELL_SCRIPTS := $(wildcard scripts/*) .ci/run Benchmarks/run Benchmarks/install-packages Fuzz/run Conformance/run

help: ## Print this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1	\2/p' $(MAKEFILE_LIST) | expand -t 22

install: ## Install the Debian packages that are missing (needs root or sudo, only then)
	@scripts/install-packages --with-tests

run: ## Build and serve on 127.0.0.1:8080 with a private PostgreSQL in .tollgate/, until Ctrl-C
	@scripts/install-packages
	swift build -c release --product tollgate --static-swift-stdlib
	@# exec: Ctrl-C and its exit status are tollgate's own.
	@exec .build/release/tollgate dev

test: install ## Build and run all tests against a throw-away PostgreSQL
	swift build --build-tests
	scripts/run-tests

test-asan: export LSAN_OPTIONS := suppressions=$(CURDIR)/Tests/Sanitizers/leaks.txt:print_suppressions=0
test-asan: install ## The same under AddressSanitizer, which looks for leaks as well
	swift build --build-tests --sanitize=address --scratch-path .build/asan
	scripts/run-tests --disable-xctest --sanitize=address --scratch-path .build/asan

test-tsan: install ## The same under ThreadSanitizer
	swift build --build-tests --sanitize=thread --scratch-path .build/tsan
	scripts/run-tests --disable-xctest --sanitize=thread --scratch-path .build/tsan

examples: install ## Build the example worker as a package of its own, as its user would
	swift build --package-path Examples/Worker

fuzz: install ## Fuzz what reads clients' bytes, each target for a minute: FUZZ_SECONDS=60
	@Fuzz/run

conformance: install ## Hold a running server against openapi.json with schemathesis
	@Conformance/run

snapshot: install ## Write sql/schema.snapshot.sql anew after a change of sql/
	TOLLGATE_RECORD_SNAPSHOT=1 swift test --filter SchemaTests.SnapshotTests

api-reference: ## Write docs/api anew after a change of openapi.json
	scripts/api-reference

documents: install ## Run the examples of the documentation, and write what came into the pages
	TOLLGATE_RECORD_DOCUMENTS=1 swift test --filter DocumentationTests.DocumentationTests

build: ## Build for release
	swift build -c release --product tollgate --static-swift-stdlib

check: install ## Formatting, style, the syntax of scripts, linters of the SQL and of the alert rules; changes nothing
	swift format lint --strict --parallel --recursive $(SWIFT_FOLDERS)
	@for script in $(SHELL_SCRIPTS); do \
	  case "$$(head -n 1 "$$script")" in \
	    '#!/bin/sh'*) sh -n "$$script" || exit 1 ;; \
	    '#!'*bash*) bash -n "$$script" || exit 1 ;; \
	  esac; \
	done
	swift test --filter StyleTests
	swift build --product tollgate
	scripts/check-database "$$(swift build --show-bin-path)/tollgate"
	scripts/check-monitoring

format: ## Format all Swift files in place
	swift format --in-place --parallel --recursive $(SWIFT_FOLDERS)

bench: ## Measure against the plain SQL function and FastAPI: see Benchmarks/README.md
	@Benchmarks/run alternatives

bench-compare: ## Deductions of this tree and of another revision in turn: BASELINE=<git revision>
	@Benchmarks/run compare

bench-soak: ## Ten minutes of load, half of them beside a report that holds a snapshot
	@Benchmarks/run soak

bench-growth: ## The same load with up to a million organizations and 50 million ledger rows
	@Benchmarks/run growth

bench-analytics: ## How long the database takes to report what was used, behind 50 million uses
	@Benchmarks/run analytics

overload: ## What floods, 10,000 idle and 1,000 slow connections do to the others' answers
	@Benchmarks/run overload

clean: ## Remove what was built; data in .tollgate/ stays
	rm -rf .build Examples/Worker/.build
