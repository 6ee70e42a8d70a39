# Two verbs do everything on a fresh machine: `make run` and `make test`. `make help` lists the rest.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

say = @printf '\n\033[1m== %s\033[0m\n' "$(1)"
# Cargo shows its progress on a terminal, and is silent in a log. The parts of a build take two cores the times that are named.
QUIET := $(shell [ -t 2 ] || echo --quiet)
TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
export HOLLOWAY_VENV ?= $(CURDIR)/target/venv

.PHONY: help setup run test lint test-rust test-miri test-scenarios test-native npm test-web test-mobile dist test-newcomer test-recipes fuzz fmt size bench bench-web clean

help: ## list the verbs
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: setup-rust ## build (3 minutes the first time), start collector and pipeline with simulated visitors, print reports, keep running
	$(call say,building the holloway binary: about 3 minutes the first time on two cores)
	cargo build --profile demo --package holloway-cli
	$(call say,holloway up --demo: reports in a few seconds)
	$(TARGET)/demo/holloway up --demo

test: setup lint test-rust test-miri test-scenarios test-native test-web test-mobile test-newcomers-quick ## everything that must pass: CI calls this
	$(call say,all tests passed)

setup: setup-rust ## install what the tests need: wasm target, Debian packages, Python packages
	@xtask/setup.sh

.PHONY: setup-rust
setup-rust:
	@xtask/setup.sh rust

lint: ## formatting, clippy with warnings as errors, tidy checks
	$(call say,formatting)
	cargo fmt --all --check
	cargo fmt --manifest-path examples/web-rust/Cargo.toml --check
	$(call say,clippy: about 3 minutes the first time)
	cargo clippy --workspace --all-targets $(QUIET) -- -D warnings
	cargo clippy --package holloway-wasm --target wasm32-unknown-unknown --features web --no-deps $(QUIET) -- -D warnings
	$(call say,tidy)
	cargo xtask tidy

test-rust: ## unit, property, vector, scenario and integration tests of every crate
	$(call say,compiling the Rust tests: about 5 minutes the first time)
	cargo test --workspace --no-run $(QUIET)
	$(call say,Rust tests)
	cargo test --workspace --quiet
	cargo test --package holloway-wasm --features web --quiet
	$(call say,runnable documentation)
	cargo test --workspace --doc --quiet

test-miri: ## the hand-off's ring and the browser's heap under miri, where a nightly toolchain has it
	$(call say,ring and heap under miri)
	@if cargo +nightly miri --version >/dev/null 2>&1; \
	then cargo +nightly miri test --package holloway --no-default-features --lib --quiet ring:: \
	&& cargo +nightly miri test --package holloway-wasm --lib --quiet -- heap:: tests::a_text; \
	else echo "skipped: rustup toolchain install nightly --component miri --component rust-src"; fi

test-scenarios: npm ## the core's scenarios again, in WebAssembly under Node and in Chromium
	$(call say,scenarios in WebAssembly)
	sdk-core/scenarios/wasm.sh

test-native: ## the quickstart, killed with SIGKILL and restarted ten times
	$(call say,SIGKILL quickstart)
	HOLLOWAY_KILLS=10 cargo test --package holloway-quickstart --quiet

npm: ## build the browser package (2 minutes the first time); the tarball is left in target/npm/
	$(call say,browser package: about 2 minutes the first time on two cores)
	sdk-wasm/build.sh

test-web: npm ## browser package: types, Node, a Vite app made from nothing, a tab closed at once in Chromium
	$(call say,browser tests)
	cargo build $(QUIET) --package holloway-cli
	HOLLOWAY_BIN=$(TARGET)/debug/holloway sdk-wasm/test.sh
	cargo xtask size

test-mobile: ## the bindings in Python and Kotlin, against a real collector; names of the Swift package, which is not compiled
	$(call say,mobile bindings)
	cargo build $(QUIET) --package holloway-cli
	HOLLOWAY_BIN=$(TARGET)/debug/holloway sdk-mobile/python/test.sh
	HOLLOWAY_BIN=$(TARGET)/debug/holloway sdk-mobile/kotlin/test.sh
	sdk-mobile/swift/build.sh
	cargo check --quiet --package holloway-mobile --lib --no-default-features --target aarch64-linux-android

.PHONY: test-swift
test-swift: ## the Swift package, with a Swift 6 toolchain, or with Debian 13's in target/swift/debian (as root; not part of test)
	$(call say,Swift package)
	cargo build --quiet --package holloway-cli
	HOLLOWAY_BIN=$(TARGET)/debug/holloway sdk-mobile/swift/$(if $(shell command -v swift),test.sh,test-debian.sh)

dist: ## the artefacts of a release, with checksums, in target/dist/ (PARTS="python cli" for some: npm crates python maven cli container)
	$(call say,artefacts of a release: $(or $(PARTS),about 5 minutes; the first time 20))
	@xtask/setup.sh $(if $(filter-out crates python cli container,$(or $(PARTS),all)),dist,rust)
	xtask/dist.sh $(PARTS)

# These take a minute or less each; `make test-newcomer` has the others too, and the artefacts of a release.
NEWCOMERS := html vite jest sveltekit next rust python jvm

.PHONY: test-newcomers-quick
test-newcomers-quick: npm
	$(call say,newcomers: $(NEWCOMERS))
	cargo build --quiet --package holloway-cli
	xtask/dist.sh --quick crates python maven
	HOLLOWAY_BIN=$(TARGET)/debug/holloway HOLLOWAY_DIST=$(TARGET)/dist-quick node xtask/newcomer/run.mjs $(NEWCOMERS)

test-newcomer: setup dist ## each way in, from the packed artefact to a person in the tables: web, Next, SvelteKit, Jest, Rust, Python, JVM, container
	$(call say,newcomers)
	cargo build --quiet --package holloway-cli
	HOLLOWAY_BIN=$(TARGET)/debug/holloway node xtask/newcomer/run.mjs

test-recipes: npm ## the apps of docs/recipes, from their frameworks' packages, in Chromium (10 minutes; RECIPES="vue next" for some)
	$(call say,recipes)
	cargo build --quiet --package holloway-cli
	HOLLOWAY_BIN=$(TARGET)/debug/holloway node docs/recipes/try.mjs $(RECIPES)

fuzz: ## ten minutes of each fuzz target: state files, chunk files, request bodies (nightly, cargo-fuzz)
	$(call say,fuzz targets)
	cargo xtask fuzz

fmt: ## format everything
	cargo fmt --all

size: npm ## bytes of the browser package beside its budget
	cargo xtask size

bench: setup-rust ## what the client costs in time, instructions (with valgrind) and bytes, beside its peers
	cargo xtask bench

bench-web: npm ## delivery, main-thread cost and bytes of the browser package beside its peers (45 minutes)
	$(call say,browser package beside its peers)
	cargo build $(QUIET) --package holloway-cli
	HOLLOWAY_BIN=$(TARGET)/debug/holloway sdk-wasm/bench/run.sh

clean: ## remove everything that was built
	rm -rf target holloway-data
