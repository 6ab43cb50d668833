# The two commands of the README do all set-up themselves; the rest is for those who change the code.

SWIFT ?= swift
TEST_FLAGS = -c release --scratch-path .build-test

.PHONY: verify test setup check lint format bench clean

verify: setup ## Verify every claim and print the table.
	$(SWIFT) build -c release --product lipdyn
	"$$($(SWIFT) build -c release --product lipdyn --show-bin-path)/lipdyn" verify

test: setup ## Run all tests, in release.
	$(SWIFT) test $(TEST_FLAGS)

setup:
	@sh .ci/install-packages

check: setup lint ## What must pass before a change is proposed.
	STRICT=1 $(SWIFT) build --scratch-path .build-strict
	$(SWIFT) test $(TEST_FLAGS)
	$(MAKE) verify

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests
	sh .ci/check-traps

format:
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

bench: setup ## Time our jobs against peer scripts, alternating (see Benchmarks/README.md).
	$(SWIFT) build -c release --product lipdyn
	sh Benchmarks/run.sh

clean:
	rm -rf .build .build-test .build-strict
